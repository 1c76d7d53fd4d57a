"""A customer's quotes on the portal: each page works, and refuses with a sentence."""

from datetime import timedelta

import pytest
import time_machine
from markupsafe import escape
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes.models import Quote
from tests.factories import by
from tests.quotes.builders import DRAWN, SIGNED, acceptance, draft, lines, sent

AT = "/portal/quotes/1"


def line_id(quote, description) -> int:
    return next(line.id for line in quote.lines if line.description == description)


def test_the_list_shows_open_quotes_first(browser_of, ana, quote):
    old = sent(ana, title="Older, accepted")
    old.accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    draft(ana, title="A draft")
    page = browser_of(ana).get("/portal/quotes").text
    assert page.index("Garden fence") < page.index("Older, accepted")
    assert "$1,364.55" not in page
    assert "$1,365.50" in page
    assert "A draft" not in page


@pytest.mark.parametrize(
    ("tab", "title"), [("open", "Still open"), ("accepted", "Taken"), ("declined", "Too dear"), ("expired", "Too late")]
)
def test_each_tab_filters_the_list(browser_of, ana, session, tab, title):
    sent(ana, title="Still open")
    sent(ana, title="Taken").accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    sent(ana, title="Too dear").decline(ana, "", version=1, by=by(ana), at=clock.now())
    sent(ana, title="Too late", at=clock.now() - timedelta(days=9), days=-2)
    page = browser_of(ana).get(f"/portal/quotes?show={tab}", htmx=True).text
    shown = [name for name in ("Still open", "Taken", "Too dear", "Too late") if name in page]
    assert shown == [title]
    assert "<html" not in page


def test_a_page_of_the_list_has_twenty_rows(browser_of, ana):
    for number in range(21):
        sent(ana, title=f"Job {number}!")
    browser = browser_of(ana)
    first, second = browser.pages("/portal/quotes")
    assert first.count("!</strong>") == 20
    assert "Job 20!" in first
    assert "Job 0!" not in first
    assert "Job 0!" in second


@pytest.mark.parametrize("query", ["after=0", "after=-1~1", "after=~", f"after=0~{10**30}", "show=%00", "show=x"])
def test_the_list_accepts_any_query_string(browser_of, ana, quote, query):
    assert browser_of(ana).get(f"/portal/quotes?{query}").status_code == 200


def test_a_customer_without_quotes_sees_an_explanation(browser_of, ana):
    assert "No quotes yet" in browser_of(ana).get("/portal/quotes").text


def test_a_quote_shows_its_work_its_terms_and_its_total(browser_of, ana, quote):
    page = browser_of(ana).get(AT).text
    for text in ("Garden fence", "As we discussed.", "Larch, 12 m", "$1,200.00", "Tax 10%", "$120.00", "$1,365.50"):
        assert text in page
    assert page.index("Half is due before we begin.") < page.index("Accept quote</button>")


@pytest.mark.parametrize("htmx", [True, False])
def test_the_total_follows_the_choice(browser_of, ana, quote, htmx):
    gate = line_id(quote, "Gate")
    page = browser_of(ana).get(f"{AT}/total?chosen={gate}", htmx=htmx).text
    assert page.count("$1,650.00") == 2
    assert ("<html" in page) is not htmx


def test_choosing_no_optional_work_is_valid(browser_of, ana, quote):
    assert "$1,320.00" in browser_of(ana).get(f"{AT}/total", htmx=True).text


def test_without_script_a_button_updates_the_total_and_keeps_what_was_typed(browser_of, ana, quote):
    form = acceptance(quote, name="Ana R", chosen=line_id(quote, "Gate"))
    page = browser_of(ana).post(f"{AT}/total", form)
    assert page.status_code == 200
    assert "$1,650.00" in page.text
    assert 'value="Ana R"' in page.text


def test_a_customer_accepts_and_both_sides_get_an_email(browser_of, ana, quote, outbox):
    form = acceptance(quote, chosen=line_id(quote, "Gate"), strokes=DRAWN)
    page = browser_of(ana).post(f"{AT}/acceptance", form, follow_redirects=True)
    assert page.status_code == 200
    assert "Ana Ruiz accepted this quote on" in page.text
    assert "<path d=" in page.text
    assert "Accept quote" not in page.text
    assert outbox.subjects[1:] == ["You accepted quote 1: Garden fence", "Ana Ruiz accepted quote 1"]


def test_the_acceptance_says_who_signed_what_and_how_they_were_signed_in(browser_of, session, ana, quote):
    gate = line_id(quote, "Gate")
    browser = browser_of(ana)
    browser.post(f"{AT}/acceptance", acceptance(quote, chosen=gate), headers={"User-Agent": "Phone/1.0"})
    session.expire_all()
    proof = quote.acceptance
    assert (proof.contact, proof.name, proof.ip_address, proof.browser) == (ana, "Ana Ruiz", "127.0.0.1", "Phone/1.0")
    assert proof.signed_in["email"] == "ana@example.com"
    assert (proof.total, proof.version, proof.strokes) == (165_000, 1, [])
    assert proof.untouched


def test_htmx_is_redirected_to_the_accepted_quote(browser_of, ana, quote):
    response = browser_of(ana).post(f"{AT}/acceptance", acceptance(quote), htmx=True)
    assert response.headers["HX-Redirect"] == AT


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "Enter your full name"),
        ({"name": "A" * 121}, "120 characters or fewer"),
        ({"agreed": ""}, "Check this box"),
        ({"strokes": "[[["}, "could not read this signature"),
        ({"chosen": "999999"}, "Choose from the options"),
        ({"chosen": "a"}, "Choose from the options"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_an_invalid_form_is_shown_again_as_filled_in(browser_of, ana, quote, outbox, htmx, wrong, message):
    gate = line_id(quote, "Gate")
    form = acceptance(quote, chosen=gate) | wrong
    page = browser_of(ana).post(f"{AT}/acceptance", form, htmx=htmx)
    assert page.status_code == 422
    assert message in page.text
    assert 'role="alert"' in page.text
    assert f'value="{form["name"].strip()}"' in page.text
    assert (f'value="{gate}" checked' in page.text) is ("chosen" not in wrong)
    assert len(outbox.emails) == 1


def test_work_checked_without_script_is_shown_with_its_total_before_it_is_accepted(browser_of, ana, session, quote):
    gate = line_id(quote, "Gate")
    browser = browser_of(ana)
    assert 'name="total" value="136550"' in browser.get(AT).text
    form = acceptance(quote, name="Ana R", chosen=gate, strokes=DRAWN, total=136_550)
    page = browser.post(f"{AT}/acceptance", form)
    assert page.status_code == 422
    assert "The total is now $1,650.00. Check it, then accept again." in page.text
    for kept in (
        'value="Ana R"',
        f'value="{gate}" checked',
        "checked",
        str(escape(DRAWN)),
        'name="total" value="165000"',
    ):
        assert kept in page.text
    session.expire_all()
    assert quote.acceptance is None
    assert browser.post(f"{AT}/acceptance", {**form, "total": 165_000}).status_code == 303
    session.expire_all()
    assert (quote.acceptance.total, quote.acceptance.name) == (165_000, "Ana R")


def test_the_total_fragment_has_the_fields_that_will_be_posted(browser_of, ana, quote):
    fragment = browser_of(ana).get(f"{AT}/total?chosen={line_id(quote, 'Gate')}", htmx=True).text
    assert 'name="total" value="165000" form="acceptance"' in fragment


def test_accepting_twice_says_it_was_accepted(browser_of, ana, quote, outbox):
    browser = browser_of(ana)
    browser.post(f"{AT}/acceptance", acceptance(quote))
    page = browser.post(f"{AT}/acceptance", acceptance(quote), follow_redirects=True)
    assert page.status_code == 200
    assert "already been accepted" in page.text
    assert len(outbox.emails) == 3


def test_a_quote_that_changed_meanwhile_must_be_read_again(browser_of, ana, session, quote):
    form = acceptance(quote, chosen=line_id(quote, "Gate"))
    browser = browser_of(ana)
    quote.revise(lines()[:1], title="Fence only", by=BY_SYSTEM, at=clock.now())
    page = browser.post(f"{AT}/acceptance", form, headers={"Referer": f"https://sparkle.sergio.test{AT}"})
    assert page.status_code == 303
    page = browser.get(page.location)
    assert "Review it again" in page.text
    assert "Fence only" in page.text
    assert 'name="version" value="2"' in page.text
    session.expire_all()
    assert quote.acceptance is None


def test_an_expired_quote_offers_to_request_a_new_one(browser_of, ana, quote, outbox):
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        browser = browser_of(ana)
        page = browser.get(AT).text
        assert "Expired" in page
        assert "Accept quote" not in page
        refused = browser.post(f"{AT}/acceptance", acceptance(quote), follow_redirects=True)
        assert "This quote has expired" in refused.text
        page = browser.post(
            f"{AT}/change-request", {"version": 1, "message": "Please send me a new quote."}, follow_redirects=True
        )
    assert "We have your message" in page.text
    assert outbox.subjects[-1] == "Ana Ruiz requested changes to quote 1"


def test_a_customer_declines_and_says_why(browser_of, ana, quote, outbox):
    form = {"version": 1, "reason": "We found somebody nearer."}
    page = browser_of(ana).post(f"{AT}/decline", form, follow_redirects=True)
    assert "Ana Ruiz declined this quote on" in page.text
    assert "We found somebody nearer." in outbox.emails[-1].text


def test_a_reason_that_is_too_long_is_shown_again(browser_of, ana, quote):
    page = browser_of(ana).post(f"{AT}/decline", {"version": 1, "reason": "x" * 1001})
    assert page.status_code == 422
    assert "1,000 characters or fewer" in page.text
    assert "x" * 1001 in page.text


def test_an_accepted_quote_is_not_declined_afterwards(browser_of, ana, quote):
    browser = browser_of(ana)
    browser.post(f"{AT}/acceptance", acceptance(quote))
    page = browser.post(f"{AT}/decline", {"version": 1}, follow_redirects=True)
    assert "already accepted this quote" in page.text


def test_a_customer_requests_changes_and_still_sees_the_quote(browser_of, ana, quote, outbox):
    page = browser_of(ana).post(
        f"{AT}/change-request", {"version": 1, "message": "Blue, please.\nThank you"}, follow_redirects=True
    )
    assert "Changes requested" in page.text
    assert "Blue, please.\nThank you" in page.text
    assert "Accept quote" in page.text
    assert "Blue, please." in outbox.emails[-1].text


@pytest.mark.parametrize("message", ["", "  ", "\0", "x" * 2001])
def test_a_change_request_needs_a_message_of_limited_length(browser_of, ana, quote, message):
    page = browser_of(ana).post(f"{AT}/change-request", {"message": message})
    assert page.status_code == 422
    assert 'role="alert"' in page.text


GETS = [AT, f"{AT}/total", f"{AT}.pdf"]
POSTS = [f"{AT}/acceptance", f"{AT}/decline", f"{AT}/change-request", f"{AT}/total", f"{AT}/look"]


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("person", ["ben", "cleo"])
def test_another_customers_quote_is_not_found(browser_of, world, quote, person, path):
    browser = browser_of(getattr(world, person))
    theirs, missing = browser.get(path), browser.get(path.replace("/1", "/7"))
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert len(theirs.text) == len(missing.text)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("person", ["ben", "cleo"])
def test_another_customers_quote_cannot_be_answered(browser_of, world, session, quote, person, path):
    response = browser_of(getattr(world, person)).post(path, acceptance(quote, message="Hello", reason="No"))
    assert response.status_code == 404
    session.expire_all()
    assert [quote.acceptance, *quote.declines, *quote.change_requests, *quote.looks] == [None]


@pytest.mark.parametrize("path", GETS)
def test_a_draft_is_not_found_by_its_customer(browser_of, ana, path):
    draft(ana)
    assert browser_of(ana).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/portal/quotes", *GETS])
def test_a_quote_needs_a_sign_in(visitor, sparkle, quote, path):
    response = visitor(sparkle).get(path)
    assert response.status_code == 303
    assert "/portal/sign-in" in response.location


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_too_large_for_any_quote_is_not_found(browser_of, ana, quote, number):
    assert browser_of(ana).get(f"/portal/quotes/{number}").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_two_statements_for_any_length(browser_of, ana, statements, count):
    for _ in range(count):
        sent(ana)
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get("/portal/quotes").status_code == 200
    assert len(seen) == 2


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("path", GETS)
def test_a_quote_takes_as_many_statements_for_any_number_of_lines(browser_of, ana, session, statements, count, path):
    quote = draft(ana, place=ana.customer.properties[0])
    quote.lines = [line for _ in range(count) for line in lines()]
    for position, line in enumerate(quote.lines):
        line.company, line.position = ana.company, position
    quote.send(by=BY_SYSTEM, at=clock.now())
    for _ in range(min(count, 9)):
        quote.ask_for_changes(ana, "Blue", version=1, by=by(ana), at=clock.now())
    quote.decline(ana, "", version=1, by=by(ana), at=clock.now())
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) == (3 if path.endswith(".pdf") else 2)  # a PDF is kept in a table of its own


def test_a_get_changes_nothing(browser_of, ana, session, quote):
    before = (quote.version, quote.newest.sent_at, quote.total)
    browser = browser_of(ana)
    for path in ("/portal/quotes", *GETS):
        browser.get(path)
    session.expire_all()
    assert before == (quote.version, quote.newest.sent_at, quote.total)
    assert session.scalars(select(Quote)).one().status(quote.valid_until) == "sent"
