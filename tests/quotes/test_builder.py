"""Writing a quote: its draft, two people at once, packages, the preview and sending it."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.lib import clock
from sergio.price_list.models import PriceListItem
from sergio.quotes.models import Quote
from tests.factories import by
from tests.quotes.builders import SIGNED, draft, reviewed, sent

EDIT = "/office/quotes/1/edit"


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def line(key: str, **fields) -> dict:
    """A line of the form."""
    usual = {"description": f"Work {key}", "quantity": "1", "unit_price": "100"}
    return {f"{name}-{key}": text for name, text in {**usual, **fields}.items()}


def form(quote: Quote, *keys: str, **more) -> dict:
    """The form of a draft with those lines, as a browser sends it."""
    fields = {
        "title": "Garden fence",
        "valid_until": str(quote.valid_until),
        "revision": quote.revision,
        "line": [*keys],
    }
    for key in keys:
        fields |= line(key)
    return {**fields, **more}


def again(session) -> Quote:
    session.commit()
    session.expire_all()
    return session.scalars(select(Quote)).one()


def described(quote: Quote) -> list[tuple]:
    return [(line.description, line.amount) for line in quote.lines]


def test_a_quote_begins_with_its_customer_and_a_title(office, ana, ben, cleo, session):
    ana.company.quote_days, ana.company.quote_deposit_rate = 10, 2500
    session.commit()
    chooser = office.get("/office/quotes/new?q=ana").text
    assert f"/office/quotes/new?customer={ana.customer.number}" in chooser
    assert "Ben Okafor" not in chooser
    start = f"/office/quotes/new?customer={ana.customer.number}"
    assert "7 Pine Road, Portland" in office.get(start).text
    place = ana.customer.properties[0].number
    fields = {"customer": ana.customer.number, "title": "Fence", "place": place}
    assert office.post("/office/quotes", {**fields, "title": ""}).status_code == 422
    response = office.post("/office/quotes", fields)
    assert (response.status_code, response.location) == (303, EDIT)
    quote = again(session)
    assert (quote.title, quote.place.number, quote.outcome) == ("Fence", place, "draft")
    assert quote.valid_until == ana.company.day(clock.now()) + timedelta(days=10)
    assert quote.deposit_rate == 2500
    assert office.get(EDIT).status_code == 200
    assert office.get("/office/quotes/new?customer=99").status_code == 404
    assert office.post("/office/quotes", {**fields, "customer": "x"}).status_code == 404


def test_a_draft_is_saved_with_everything_that_was_typed(office, ana, session):
    quote = draft(ana)
    session.commit()
    lines = line(
        "a", description="Fence", quantity="2,5", unit="m", unit_price="1,000", discount="10%", tax_rate="8.25"
    )
    lines |= line("b", description="Gate", choice="optional") | line("c", description="Lamp", choice="preselected")
    more = {"intro": "Hello\r\nAna", "terms": "Net 30", "deposit": "25%", "invoices_deposit": "y", "place": ""}
    response = office.post(EDIT, {**form(quote, "a", "b", "c"), **lines, **more, "contact": ana.id})
    assert response.status_code == 303
    quote = again(session)
    fence, gate, lamp = quote.lines
    assert (fence.quantity, fence.unit, fence.unit_price, fence.discount_rate) == (2500, "m", 100_000, 1000)
    assert (fence.tax_ppm, fence.amount) == (82_500, 225_000)
    assert [(each.optional, each.preselected) for each in (gate, lamp)] == [(True, False), (True, True)]
    assert (quote.intro, quote.terms, quote.deposit_rate, quote.contact) == ("Hello\nAna", "Net 30", 2500, ana)
    assert quote.total == 225_000 + 18_563 + 10_000
    html = office.get(EDIT).text
    for shown in ('value="2.5"', 'value="1,000.00"', 'value="10%"', 'value="8.25%"', 'value="25%"', "$2,535.63"):
        assert shown in html


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "Enter a title."),
        ({"valid_until": "soon"}, "Enter a day as year, month and day, such as 2026-12-31."),
        ({"valid_until": ""}, "Choose the last day."),
        ({"valid_until": "2999-01-01"}, "Choose a day within the next five years."),
        ({"deposit": "half"}, "Enter a percentage, such as 10%, or an amount, such as 20.00."),
        ({"unit_price-a": "cheap"}, "Enter an amount, such as 120 or 120.50."),
        ({"choice-a": "gift"}, "Choose one of these."),
        ({"place": "99"}, "Not a valid choice."),
        ({"package": ["p"], "package_name-p": ""}, "Name the package."),
        (
            {"package": ["p", "q"], "package_name-p": "Basic", "package_name-q": "basic"},
            "Two packages have this name.",
        ),
    ],
)
def test_bad_input_saves_nothing_and_loses_nothing(office, ana, session, typed, sentence):
    quote = draft(ana)
    session.commit()
    response = office.post(EDIT, form(quote, "a", intro="Kept words", **typed))
    assert response.status_code == 422
    assert sentence in response.text
    assert '<div class="notice" data-status="error" role="alert" tabindex="-1" autofocus>' in response.text
    assert "Kept words" in response.text
    assert "Work a" in response.text
    assert len(again(session).lines) == 3


def test_the_form_comes_back_filled_in_after_an_expired_session(office, ana, session):
    quote = draft(ana)
    session.commit()
    response = office.post(EDIT, form(quote, "a", csrf_token="old"))
    assert response.status_code == 422
    assert "This page was open for too long" in response.text
    assert "Please fix" not in response.text
    assert "Work a" in response.text
    assert len(again(session).lines) == 3


def test_the_buttons_of_the_lines_work_without_script(office, ana, olga, session):
    PriceListItem.create(ana.company, name="Deep clean", unit_price=4000, by=by(olga), at=clock.now())
    quote = draft(ana)
    session.commit()

    def press(do: str, *keys, **more) -> list[str]:
        response = office.post(EDIT, form(quote, *keys, do=do, **more))
        assert response.status_code == 200
        editor = response.text.partition("<template")[0]
        assert "Work a" in editor
        return re.findall(
            r'name="description-\w+"[^>]*>|value="([^"]*)" inputmode="text"[^>]*name="description', editor
        )

    assert press("down-a", "a", "b") == ["Work b", "Work a"]
    assert press("copy-a", "a", "b") == ["Work a", "Work a", "Work b"]
    assert press("remove-b", "a", "b") == ["Work a"]
    assert press("add", "a") == ["Work a", ""]
    assert press("item-1", "a") == ["Work a", "Deep clean"]
    found = office.post(EDIT, form(quote, "a", do="find", find="dee")).text
    assert 'value="item-1"' in found
    assert 'value="item-1"' in office.post(EDIT, form(quote, "a", do="enter", find="dee")).text
    assert described(again(session))[0] == ("Fence", 120_000)


def test_packages_are_added_named_and_removed(office, ana, session):
    quote = draft(ana)
    session.commit()
    page = office.post(EDIT, form(quote, "a", do="addpackage")).text
    keys = re.findall(r'name="package" value="(\w+)"', page)
    assert len(keys) == 2
    packages = {"package": keys, "recommended": keys[1]}
    packages |= {f"package_name-{key}": name for key, name in zip(keys, ("Basic", "Complete"), strict=True)}
    lines = form(quote, "a", "b", **{"choice-a": keys[0], "choice-b": keys[1]}, **packages)
    assert office.post(EDIT, lines | {"unit_price-b": "250"}).status_code == 303
    quote = again(session)
    assert [(each.name, each.recommended) for each in quote.packages] == [("Basic", False), ("Complete", True)]
    assert [line.package.name for line in quote.lines] == ["Basic", "Complete"]
    assert quote.total == 25_000
    html = office.get(EDIT).text
    assert 'value="p1" selected>In Complete' in html
    removed = office.post(EDIT, form(quote, "a", **{"choice-a": "p0", "do": "removepackage-p0"}, package="p0")).text
    assert 'name="package"' not in removed
    many = {"package": [f"p{number}" for number in range(9)]} | {f"package_name-p{n}": f"N{n}" for n in range(9)}
    assert "There can be up to 5 packages" in office.post(EDIT, form(quote, "a", **many)).text


def test_a_draft_is_saved_as_you_go(office, ana, session):
    quote = draft(ana)
    session.commit()
    with time_machine.travel(clock.now().replace(hour=20, minute=5), tick=False):
        saved = office.post("/office/quotes/1/draft", form(quote, "a"), htmx=True)
        later = office.post("/office/quotes/1/draft", form(quote, "a", revision=2, intro="Hello"), htmx=True)
    assert [saved.status_code, later.status_code] == [200, 200]
    assert "Saved 3:05\xa0PM" in saved.text or "Saved 4:05\xa0PM" in saved.text
    assert 'name="revision" value="2" hx-swap-oob="true"' in saved.text
    assert described(again(session)) == [("Work a", 10_000)]
    unclear = office.post("/office/quotes/1/draft", form(quote, "a", revision=3, title=""), htmx=True)
    assert unclear.status_code == 422
    assert "Not saved yet" in unclear.text
    assert 'hx-swap-oob="true"' not in unclear.text.partition('id="flashes"')[0]


def test_the_totals_follow_what_is_typed_and_save_nothing(office, ana, session):
    quote = draft(ana)
    session.commit()
    lines = form(quote, "a", "b", "c", **{"choice-b": "optional", "unit_price-c": "x", "tax_rate-a": "10"})
    html = office.post("/office/quotes/1/totals", lines, htmx=True).text
    assert "$110.00" in html
    assert '<output id="amount-a" hx-swap-oob="true">$100.00</output>' in html
    assert '<output id="amount-c" hx-swap-oob="true"></output>' in html
    assert "1 line isn&#39;t counted yet." in html or "1 line isn't counted yet." in html
    assert len(again(session).lines) == 3


def test_the_second_of_two_people_is_told_compares_and_may_save(office, browser_of, nora, ana, session):
    quote = draft(ana)
    session.commit()
    mine, theirs = form(quote, "a", intro="Mine"), form(quote, "b", title="Theirs")
    assert browser_of(nora).post(EDIT, theirs).status_code == 303
    told = office.post("/office/quotes/1/draft", mine, htmx=True)
    assert told.status_code == 422
    assert "Nora Fields changed this quote" in told.text
    assert 'name="revision"' not in told.text
    compared = office.post(EDIT, mine)
    assert compared.status_code == 422
    for words in ("Nora Fields changed this quote", "Theirs", "Work b", "Work a", "Mine"):
        assert words in compared.text
    assert described(again(session)) == [("Work b", 10_000)]
    revision = re.search(r'name="revision" value="(\d+)"', compared.text)[1]
    assert office.post(EDIT, {**mine, "revision": revision}).status_code == 303
    assert described(again(session)) == [("Work a", 10_000)]


@pytest.mark.parametrize("revision", [None, "", "x", "99"])
def test_a_hand_made_revision_overwrites_nothing(office, ana, session, revision):
    quote = draft(ana)
    session.commit()
    fields = {name: value for name, value in form(quote, "a", revision=revision).items() if value is not None}
    assert office.post(EDIT, fields).status_code == 422
    assert len(again(session).lines) == 3


def test_control_the_right_revision_is_saved(office, ana, session):
    quote = draft(ana)
    session.commit()
    assert office.post(EDIT, form(quote, "a")).status_code == 303
    assert len(again(session).lines) == 1


def test_a_quote_is_reviewed_and_sent_by_email_or_as_a_link(office, ana, ben, session, outbox):
    draft(ana)
    session.commit()
    assert "ana@example.com" in office.get("/office/quotes/1/send").text
    response = office.post("/office/quotes/1/send", reviewed(office))
    assert response.location == "/office/quotes/1"
    assert outbox.subjects == ["Quote 1: Garden fence"]
    draft(ben)
    session.commit()
    assert office.post("/office/quotes/2/send", reviewed(office, 2, how="link")).status_code == 303
    assert len(outbox.subjects) == 1
    page = office.get("/office/quotes/2").text
    assert "https://sparkle.sergio.test/portal/quotes/2" in page


def test_a_second_press_and_a_stale_review_send_nothing(office, browser_of, nora, ana, session, outbox):
    quote = draft(ana)
    session.commit()
    first = reviewed(office)
    assert browser_of(nora).post(EDIT, form(quote, "a")).status_code == 303
    assert "has changed since you opened" in office.post("/office/quotes/1/send", first, follow_redirects=True).text
    second = reviewed(office)
    office.post("/office/quotes/1/send", second)
    office.post("/office/quotes/1/send", second)
    office.post("/office/quotes/1/send", {"how": "email"})
    assert again(session).version == 1
    assert len(outbox.subjects) == 1


def test_an_edit_after_sending_is_the_next_version_with_what_changed(office, browser_of, ana, session, outbox):
    quote = sent(ana)
    session.commit()
    browser_of(ana).get("/portal/quotes/1")
    assert "There are changes" not in office.get("/office/quotes/1").text
    lines = form(quote, "a", **{"description-a": "Fence", "unit_price-a": "900"}, do="send")
    assert office.post(EDIT, lines).location == "/office/quotes/1/send"
    assert "There are changes that your customer" in office.get("/office/quotes/1").text.replace("&#39;", "'")
    review = office.get("/office/quotes/1/send").text
    assert "What changed" in review
    assert "Gate" in review.partition("What changed")[2].partition("</section>")[0]
    assert office.post("/office/quotes/1/send", reviewed(office)).status_code == 303
    assert again(session).version == 2
    assert outbox.subjects[-1] == "Quote 1 was updated: Garden fence"
    assert "There are changes" not in office.get("/office/quotes/1").text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({"lines": False}, "Add at least one line"), ({"days": -1}, "Choose an expiration date that has not passed.")],
)
def test_what_cannot_be_sent_says_why(office, ana, session, more, sentence):
    quote = draft(ana, days=more.get("days", 14))
    if "lines" in more:
        quote.edit([], by=by(ana), at=clock.now())
    session.commit()
    refused = office.post("/office/quotes/1/send", reviewed(office), follow_redirects=True)
    assert sentence in refused.text
    assert again(session).version == 0


def test_an_accepted_quote_cannot_be_changed(office, ana, quote, session):
    quote.accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    session.commit()
    for ask in (office.get, office.post):
        response = ask(EDIT)
        assert response.status_code == 303
    assert office.post("/office/quotes/1/send", reviewed(office)).status_code == 303
    assert again(session).version == 1


def test_fifty_lines_are_shown_within_the_budget(office, ana, session, statements):
    quote = draft(ana)
    keys = [f"k{number}" for number in range(50)]
    session.commit()
    assert office.post(EDIT, form(quote, *keys)).status_code == 303
    office.get(EDIT)
    with statements() as seen:
        assert office.get(EDIT).status_code == 200
    assert len(seen) == 4
