"""What staff do about a quote that was sent: answer, withdraw, duplicate, undo, invoice."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.quotes.models import Quote
from tests.factories import by
from tests.quotes.builders import SIGNED, draft, reviewed, sent

PAGE = "/office/quotes/1"


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def accepted(ana, session):
    """A quote with a deposit of a quarter that is not invoiced by itself, accepted."""
    quote = sent(ana, deposit_rate=2500, invoices_deposit=False)
    quote.accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    session.commit()
    return quote


def steps(browser, page: str = PAGE) -> list[str]:
    """The labels of the steps at the head of the page; the first is the primary one."""
    head = re.search(r'<header class="page-head">.*?</header>', browser.get(page).text, re.DOTALL)[0]
    labels = re.findall(r'class="(?:button )?(primary|secondary)"[^>]*>([^<]+)', head)
    assert [kind for kind, _label in labels] == ["primary", *["secondary"] * (len(labels) - 1)]
    return [label for _kind, label in labels]


def fresh(session) -> Quote:
    session.commit()
    session.expire_all()
    return session.scalars(select(Quote).order_by(Quote.id)).first()


def test_the_next_step_follows_the_status(office, ana, session):
    quote = draft(ana)
    session.commit()
    assert steps(office) == ["Review and send", "Edit quote", "Duplicate"]
    quote.send(by=by(ana), at=clock.now())
    session.commit()
    assert steps(office) == ["Edit quote", "Send again", "Duplicate"]
    quote.edit(title="New title", by=by(ana), at=clock.now())
    session.commit()
    assert steps(office) == ["Review and send version 2", "Edit quote", "Duplicate"]
    quote.revise(by=by(ana), at=clock.now())
    quote.ask_for_changes(ana, "Blue?", version=2, by=by(ana), at=clock.now())
    session.commit()
    assert steps(office) == ["Write a new version", "Send again", "Duplicate"]
    quote.withdraw(by=by(ana), at=clock.now())
    session.commit()
    assert steps(office) == ["Write a new version", "Duplicate"]
    sent(ana, at=clock.now() - timedelta(days=20), days=-1)
    session.commit()
    assert steps(office, "/office/quotes/2") == ["Extend or change it", "Duplicate"]


def test_an_accepted_quote_is_invoiced_in_two_steps(office, accepted, session):
    assert steps(office)[0] == "Create deposit invoice"
    deposit = office.post(f"{PAGE}/deposit-invoice")
    assert deposit.status_code == 303
    assert deposit.location.startswith("/office/invoices/")
    assert "Create deposit invoice" not in steps(office)
    assert office.post(f"{PAGE}/final-invoice").status_code == 303
    assert not {"Create deposit invoice", "Create final invoice"} & {*steps(office)}
    assert [invoice.total for invoice in session.scalars(select(Invoice).order_by(Invoice.id))] == [33_000, 99_000]
    page = office.get(PAGE).text
    assert "Final invoice" in page
    again = office.post(f"{PAGE}/final-invoice", follow_redirects=True)
    assert "already created for this" in again.text
    assert len(session.scalars(select(Invoice)).all()) == 2


def test_a_message_is_answered_from_the_quote(office, browser_of, ana, quote, session, outbox):
    quote.ask_for_changes(ana, "Could it be blue?", version=1, by=by(ana), at=clock.now())
    session.commit()
    for typed, sentence in (("", "Write your answer."), ("x" * 2001, "Use at most 2,000 characters.")):
        refused = office.post(f"{PAGE}/reply", {"message": typed})
        assert refused.status_code == 422
        assert sentence in refused.text
    late = office.post(f"{PAGE}/reply", {"message": "Gladly.", "csrf_token": "old"})
    assert late.status_code == 422
    assert "Gladly." in late.text
    assert office.post(f"{PAGE}/reply", {"message": "Gladly."}).status_code == 303
    assert outbox.emails[-1].to == "ana@example.com"
    for page in (office.get(PAGE).text, browser_of(ana).get("/portal/quotes/1").text):
        assert page.index("Could it be blue?") < page.index("Gladly.")


def test_an_acceptance_is_undone_with_a_reason(office, accepted, session, outbox):
    assert "Enter a reason." in office.post(f"{PAGE}/undo-acceptance", {"reason": " "}).text
    assert fresh(session).acceptance is not None
    assert office.post(f"{PAGE}/undo-acceptance", {"reason": "Signed by the wrong person."}).status_code == 303
    assert fresh(session).acceptance is None
    assert "Signed by the wrong person." in office.get(PAGE).text
    assert "open again" in outbox.subjects[-1]
    assert steps(office)[0] == "Edit quote"


def test_a_quote_is_withdrawn_sent_again_and_duplicated(office, ana, quote, session, outbox):
    assert office.post(f"{PAGE}/send-again").status_code == 303
    assert outbox.subjects == ["Quote 1: Garden fence"] * 2
    assert office.post(f"{PAGE}/withdraw").status_code == 303
    assert fresh(session).outcome == "withdrawn"
    assert "is not open" in office.post(f"{PAGE}/withdraw", follow_redirects=True).text
    assert office.post(f"{PAGE}/duplicate").location == "/office/quotes/2/edit"
    copy = session.scalar(select(Quote).where(Quote.number == 2))
    assert [line.description for line in copy.lines] == ["Fence", "Gate", "Lamp"]


def test_a_message_goes_with_the_email(office, ana, session, outbox):
    draft(ana)
    session.commit()
    too_long = office.post(f"{PAGE}/send", reviewed(office, message="x" * 2001))
    assert too_long.status_code == 422
    assert "Use at most 2,000 characters." in too_long.text
    office.post(f"{PAGE}/send", reviewed(office, message="It was good to <meet> you."))
    assert "It was good to <meet> you." in outbox.emails[-1].text
    assert "It was good to &lt;meet&gt; you." in outbox.emails[-1].html


def test_the_preview_shows_the_draft_and_nothing_can_be_pressed(office, browser_of, ana, session):
    draft(ana, title="<b>Secret</b>")
    session.commit()
    html = office.get(f"{PAGE}/preview").text
    assert "&lt;b&gt;Secret" in html
    assert "Accept this quote" in html
    assert html.index("<fieldset disabled>") < html.index("Accept this quote")
    assert "/look" not in html
    assert browser_of(ana).get("/portal/quotes/1").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["", "/edit", "/draft", "/totals", "/preview", "/send", "/reply", "/withdraw", "/duplicate", "/final-invoice"],
)
def test_a_technician_opens_none_of_it(browser_of, theo, quote, path):
    browser = browser_of(theo)
    assert {browser.get(PAGE + path).status_code, browser.post(PAGE + path).status_code} <= {403, 405}


def test_nobodys_mailbox_is_flooded_with_one_quote(office, quote, outbox):
    answers = [office.post(f"{PAGE}/send-again").status_code for _time in range(8)]
    assert answers == [303] * 6 + [429] * 2
    assert len(outbox.subjects) == 1 + 6
