"""Hostile text is escaped, and amounts never come from a form."""

import html
from html.parser import HTMLParser

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes.models import Quote, QuoteLine
from tests.factories import by
from tests.quotes.builders import acceptance, sent

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea></title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    "javascript:alert(1)",
    '#read("/etc/passwd") $1+1$ *bold* \\ @label',
    "%(name)s %s {0} \u202egnp.exe\u2066",
]


class Tags(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self, page):
        super().__init__()
        self.found = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found |= {tag} | {f"{tag}[{name}]" for name, _value in attributes}


def hostile(person, words) -> Quote:
    """A quote with the same hostile text everywhere."""
    person.name = person.customer.name = person.company.terms = words
    person.customer.properties[0].street = words
    rows = [
        QuoteLine(description=words, detail=words, unit=words[:20], unit_price=100, quantity=2000),
        QuoteLine(description=words, detail=words, unit_price=100, optional=True),
    ]
    day = person.company.day(clock.now())
    how = {"by": BY_SYSTEM, "at": clock.now()}
    texts = {"intro": words, "terms": words, "place": person.customer.properties[0]}
    quote = Quote.draft(person.customer, words, rows, valid_until=day, **texts, **how)
    quote.send(**how)
    return quote


@pytest.mark.parametrize("words", PAYLOADS)
def test_hostile_text_is_escaped_on_every_page_and_in_every_email(browser_of, world, session, outbox, words):
    ana, olga = world.ana, world.olga
    plain = sent(ana, place=ana.customer.properties[0])
    plain.ask_for_changes(ana, "Blue", version=1, by=by(ana), at=clock.now())
    browser, office = browser_of(ana), browser_of(olga)
    pages = ["/portal/quotes/{}", "/portal/quotes/{}/total", "/portal/quotes", "/office/quotes/{}", "/office/quotes"]
    harmless = [Tags((office if "office" in path else browser).get(path.format(1)).text).found for path in pages]

    quote = hostile(ana, words)
    quote.ask_for_changes(ana, words, version=1, by=by(ana), at=clock.now())
    for path, tags in zip(pages, harmless, strict=True):
        page = (office if "office" in path else browser).get(path.format(2)).text
        assert Tags(page).found <= tags | {"small"}, path
        if "total" not in path:
            assert html.unescape(words) in html.unescape(page), path
    form = acceptance(quote, name=words[:120], chosen=quote.lines[1].id)
    assert browser.post("/portal/quotes/2/acceptance", form, follow_redirects=True).status_code == 200
    assert browser.get("/portal/quotes/2.pdf").data.startswith(b"%PDF")
    for message in outbox.emails:
        assert not [tag for tag in Tags(message.html).found if tag in ("script", "svg", "img") or "[on" in tag]
        assert "\n" not in message.subject


MONEY = ["amount", "price", "unit_price", "subtotal", "currency", "customer_id", "state", "company_id", "at"]


@pytest.mark.parametrize("value", ["-1", "0", "1", "1e9", "1,00", "٣", "NaN"])
def test_amounts_in_a_form_are_ignored(browser_of, session, ana, quote, value):
    browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, **dict.fromkeys(MONEY, value)))
    session.expire_all()
    assert (quote.acceptance.total, quote.total, quote.currency) == (132_000, 136_550, "USD")


@pytest.mark.parametrize(
    "shown", ["", "-1", "0", "1", "131999", "132001", "1,320.00", "1.32e5", "NaN", "x", "9" * 5000]
)
def test_another_total_than_the_page_showed_is_not_accepted(browser_of, session, ana, quote, outbox, shown):
    browser = browser_of(ana)
    page = browser.post("/portal/quotes/1/acceptance", acceptance(quote, total=shown))
    assert page.status_code == 422
    assert "The total is now $1,320.00. Check it, then accept again." in page.text
    session.expire_all()
    assert quote.acceptance is None
    assert len(outbox.emails) == 1


@pytest.mark.parametrize("version", ["", "0", "-1", "2", "1.0", "1e0", "x", "1;2", "9" * 40])
def test_only_the_newest_version_is_accepted(browser_of, session, ana, quote, version):
    response = browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, version=version))
    assert response.status_code == 303
    session.expire_all()
    assert quote.acceptance is None


def test_the_work_of_another_quote_cannot_be_chosen(browser_of, session, ana, quote):
    other = sent(ana).lines[1].id
    page = browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, chosen=other))
    assert page.status_code == 422
    assert browser_of(ana).get(f"/portal/quotes/1/total?chosen={other}&chosen={10**40}&chosen=x").status_code == 200
    session.expire_all()
    assert quote.acceptance is None


def test_required_work_cannot_be_left_out_and_optional_work_is_not_counted_twice(browser_of, session, ana, quote):
    _fence, gate, _lamp = quote.lines
    form = acceptance(quote, chosen=[gate.id, gate.id])
    browser_of(ana).post("/portal/quotes/1/acceptance", form)
    session.expire_all()
    assert [line["description"] for line in quote.acceptance.offer["lines"]] == ["Fence", "Gate"]
    assert quote.acceptance.total == 165_000


@pytest.mark.parametrize("verb", ["acceptance", "decline", "change-request"])
def test_nothing_happens_without_the_token_or_from_another_origin(browser_of, session, ana, quote, verb):
    browser = browser_of(ana)
    path = f"/portal/quotes/1/{verb}"
    foreign = browser.post(path, acceptance(quote, message="x"), headers={"Sec-Fetch-Site": "same-site"})
    without = browser.post(path, acceptance(quote, message="x", csrf_token=""))
    assert (foreign.status_code, without.status_code) == (403, 422)
    session.expire_all()
    assert [quote.acceptance, *quote.declines, *quote.change_requests] == [None]
