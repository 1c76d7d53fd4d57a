"""The office's list of quotes: tabs, search, sorting, and what it costs."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes import outcome_check
from sergio.quotes.models import Quote, QuoteLine
from tests.factories import by
from tests.quotes.builders import SIGNED, draft, sent

PAGE = "/office/quotes"


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def numbers(browser, query: str = "") -> list[int]:
    """The numbers of the quotes of all pages."""
    return [
        int(found) for page in browser.pages(PAGE + query) for found in re.findall(r'href="/office/quotes/(\d+)"', page)
    ]


@pytest.fixture
def quotes(ana, ben, session):
    """1 a draft, 2 open, 3 accepted, 4 declined, 5 expired, 6 Ben's, which expires next."""
    now = clock.now()
    draft(ana, title="Draft fence")
    sent(ana, title="Open Pergola")
    sent(ana).accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=now)
    sent(ana).decline(ana, "", version=1, by=by(ana), at=now)
    sent(ana, at=now - timedelta(days=30), days=-1)
    sent(ben, title="100% larch_wood", days=3)
    session.commit()


def test_each_tab_has_its_own(office, quotes):
    assert numbers(office) == [6, 2, 5, 4, 3, 1]
    assert numbers(office, "?show=draft") == [1]
    assert numbers(office, "?show=open") == [6, 2]
    assert numbers(office, "?show=accepted") == [3]
    assert numbers(office, "?show=declined") == [4]
    assert numbers(office, "?show=expired") == [5]


def test_the_list_is_sorted_by_the_url(office, quotes):
    assert numbers(office, "?sort=newest") == [6, 5, 4, 3, 2, 1]
    assert numbers(office, "?show=open&sort=expires") == [6, 2]
    assert numbers(office, "?show=accepted&sort=expires") == [3]
    assert numbers(office, "?sort=customer") == [1, 2, 3, 4, 5, 6]
    assert numbers(office, "?show=open&sort=customer") == [2, 6]
    assert numbers(office, "?show=accepted&sort=customer") == [3]
    assert numbers(office, "?show=open&sort=customer&q=okafor") == [6]
    assert numbers(office, "?sort=x'--") == [6, 2, 5, 4, 3, 1]


def test_quotes_are_sorted_by_the_total_that_their_rows_show(office, ana, ben, session):
    now = clock.now()
    edited = sent(ana, title="1 larger again as a draft only")
    accepted = sent(ana, title="2 accepted with the gate")
    sent(ben, title="3 smaller than that")
    large = draft(ben, title="4 a large draft")
    small = sent(ben, title="5 the small revision of a large one")
    session.flush()
    gate = next(line.id for line in accepted.lines if line.description == "Gate")
    accepted.accept(ana, SIGNED, [gate], version=1, shown=165_000, by=by(ana), at=now)
    edited.edit([QuoteLine(description="Wall", unit_price=900_000)], by=BY_SYSTEM, at=now)
    large.edit([QuoteLine(description="Wall", unit_price=800_000)], by=BY_SYSTEM, at=now)
    small.revise([QuoteLine(description="Post", unit_price=100)], by=BY_SYSTEM, at=now)
    session.commit()
    assert list(outcome_check.differences()) == []
    assert numbers(office, "?sort=amount") == [4, 2, 3, 1, 5]
    assert numbers(office, "?show=open&sort=amount") == [3, 1, 5]
    assert numbers(office, "?show=accepted&sort=amount") == [2]
    accepted.undo_acceptance("by mistake", by=BY_SYSTEM, at=now)
    session.commit()
    assert list(outcome_check.differences()) == []
    assert numbers(office, "?sort=amount") == [4, 3, 2, 1, 5]


def test_a_total_that_is_not_the_one_shown_is_a_difference(ana, session):
    sent(ana)
    session.commit()
    session.execute(update(Quote).where(Quote.company_id == ana.company_id).values(shown_total=5))
    [line] = outcome_check.differences()
    assert line == "sparkle, quote 1: its total in lists is 5, it should be 136550"


@pytest.mark.parametrize("sort", ["amount", "customer"])
@pytest.mark.parametrize("tab", ["all", "open"])
def test_all_pages_of_a_sorted_list_are_all_quotes(office, ana, ben, session, tab, sort):
    for each in range(45):
        quote = sent((ana, ben)[each % 2])
        if each % 5 == 0:
            quote.revise([QuoteLine(description="Post", unit_price=each)], by=BY_SYSTEM, at=clock.now())
    session.commit()
    assert sorted(numbers(office, f"?show={tab}&sort={sort}")) == list(range(1, 46))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("okafor", [6]),
        ("BEN@example", [6]),
        ("pergola", [2]),
        ("open perg", [2]),
        ("3", [3]),
        ("#3", [3]),
        ("100%", [6]),
        ("larch_w", [6]),
        ("l_rch", []),
        ("pergola okafor", []),
        ("%", [6]),
        ("99999999999", []),
        ("\0", [6, 2, 5, 4, 3, 1]),
    ],
)
def test_search_finds_customers_titles_and_numbers(office, quotes, text, found):
    page = office.get(PAGE, query_string={"q": text})
    assert page.status_code == 200
    assert [int(each) for each in re.findall(r'href="/office/quotes/(\d+)"', page.text)] == found


def test_what_is_found_stays_found_on_the_next_page_and_in_tabs(office, ana, ben, session):
    for _each in range(25):
        sent(ana, title="Larch fence")
    sent(ben, title="Oak gate")
    session.commit()
    assert numbers(office, "?q=larch") == list(range(25, 0, -1))
    assert numbers(office, "?q=larch&show=open&sort=expires") == list(range(1, 26))
    assert "show=open&amp;q=larch" in office.get(f"{PAGE}?q=larch").text


def test_empty_lists_say_what_to_do(office, ana, session):
    assert "No quotes yet" in office.get(PAGE).text
    draft(ana)
    session.commit()
    assert "Nothing matches this filter." in office.get(f"{PAGE}?show=accepted").text
    assert "No quote has “&lt;b&gt;”" in office.get(f"{PAGE}?q=<b>").text


@pytest.mark.parametrize("query", ["", "?q=ana", "?show=open&sort=expires", "?q=larch fence"])
def test_the_list_takes_few_statements(office, ana, session, statements, query):
    for _each in range(25):
        sent(ana)
    session.commit()
    with statements() as seen:
        assert office.get(PAGE + query).status_code == 200
    assert len(seen) == (3 if "q=" in query else 2)
