"""Accepting a quote and paying its deposit in one go: one acceptance, one invoice, and a way to pay it afterwards."""

import pytest
from sqlalchemy import func, select

from sergio.auth.document_links import INVOICE, QUOTE, DocumentLink
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.quotes.models import Quote, QuoteAcceptance
from tests.browser import SAME_ORIGIN, Browser
from tests.payments.test_races import at_once
from tests.quotes.builders import acceptance, sent

AT = "/portal/quotes/1"
PAY = "/portal/invoices/1/pay"


@pytest.fixture(params=[True, False], ids=["invoiced at once", "invoiced by the office"])
def quote(request, session, ana):
    """Quote 1 of Ana's with a deposit of 20 %."""
    quote = sent(ana, deposit_rate=2000, invoices_deposit=request.param)
    session.commit()
    return quote


def counts(session) -> tuple[int, int]:
    """Acceptances and invoices."""
    session.rollback()
    return tuple(session.scalar(select(func.count()).select_from(table)) for table in (QuoteAcceptance, Invoice))


def test_one_press_accepts_and_leads_to_paying_the_deposit(browser_of, ana, quote, session, outbox):
    browser = browser_of(ana)
    assert "Accept and pay deposit" in browser.get(AT).text
    pressed = browser.post(f"{AT}/acceptance", acceptance(quote, deposit="y"))
    assert pressed.headers["Location"] == PAY
    assert counts(session) == (1, 1)
    assert "Deposit: Garden fence" in browser.get(PAY).text
    [copy] = [email for email in outbox.emails if email.subject.startswith("You accepted")]
    assert "Pay the deposit" in copy.text


def test_by_a_link_it_leads_to_the_deposit_without_a_sign_in(visitor, ana, quote, session):
    link = DocumentLink.issue(ana, QUOTE, quote.number).removeprefix("https://sparkle.sergio.test")
    session.commit()
    guest = visitor(ana.company)
    guest.post(link, {"open": "yes"})
    assert guest.post(f"{AT}/acceptance", acceptance(quote, deposit="y")).headers["Location"] == PAY
    assert "Deposit: Garden fence" in guest.get(PAY).text
    assert 'action="/portal/quotes/1/deposit"' in guest.get(AT).text
    assert guest.post(f"{AT}/deposit").headers["Location"] == PAY
    session.rollback()
    opened = DocumentLink.kind == INVOICE, DocumentLink.opened_at.is_not(None)
    assert session.scalar(select(func.count()).where(*opened)) == 1
    assert "/portal/sign-in" in guest.get("/portal/invoices").location


def test_accepting_alone_stays_possible_and_the_deposit_is_paid_afterwards(browser_of, ana, quote, session):
    browser = browser_of(ana)
    assert "Accept, pay later" in browser.get(AT).text
    page = browser.post(f"{AT}/acceptance", acceptance(quote), follow_redirects=True).text
    assert "Pay the deposit" in page
    for _twice in range(2):
        assert browser.post(f"{AT}/deposit").headers["Location"] == PAY
    assert counts(session) == (1, 1)


def test_pressed_twice_is_one_acceptance_and_one_invoice(browser_of, ana, quote, session):
    browser, form = browser_of(ana), acceptance(quote, deposit="y")
    for _twice in range(2):
        assert browser.post(f"{AT}/acceptance", form).headers["Location"] == PAY
    assert counts(session) == (1, 1)


def test_another_total_than_shown_accepts_nothing(browser_of, ana, quote, session):
    answer = browser_of(ana).post(f"{AT}/acceptance", acceptance(quote, deposit="y", total="1"))
    assert answer.status_code == 422
    assert "The total is now" in answer.text
    assert counts(session) == (0, 0)


def test_a_form_that_is_not_filled_in_accepts_nothing(browser_of, ana, quote, session):
    answer = browser_of(ana).post(f"{AT}/acceptance", acceptance(quote, deposit="y", name=""))
    assert answer.status_code == 422
    assert counts(session) == (0, 0)


def test_two_contacts_at_once_make_one_acceptance_and_one_invoice(app, ana, quote, session):
    carl = Contact(company=ana.company, customer=ana.customer, name="Carl Ruiz", email="carl@example.com")
    session.add(carl)
    session.commit()
    form, tabs = acceptance(quote, deposit="y"), [Browser(app, "sparkle") for _tab in range(6)]
    for number, tab in enumerate(tabs):
        tab.be((ana, carl)[number % 2])
        tab.token = tab.csrf_token()

    def press(number):
        tab = tabs[number]
        sent = {"data": form | {"csrf_token": tab.token}, "headers": SAME_ORIGIN, "base_url": tab.base_url}
        return tab.client.post(f"{AT}/acceptance", **sent).status_code

    assert set(at_once(6, press)) == {303}
    assert counts(session) == (1, 1)
    assert tabs[0].post(f"{AT}/deposit").headers["Location"] == PAY


def test_a_kill_before_the_commit_leaves_neither(browser_of, ana, quote, session, monkeypatch):
    browser = browser_of(ana)
    with monkeypatch.context() as killed:
        killed.setattr("sergio.quotes.models.emails.accepted", lambda *args: 1 / 0)
        assert browser.post(f"{AT}/acceptance", acceptance(quote, deposit="y")).status_code == 500
    assert counts(session) == (0, 0)
    assert browser.post(f"{AT}/acceptance", acceptance(quote, deposit="y")).headers["Location"] == PAY
    assert counts(session) == (1, 1)


def test_without_cards_it_is_only_accepted(browser_of, ana, sparkle, quote, session):
    sparkle.shows_invoices = False
    session.commit()
    browser = browser_of(ana)
    assert "Accept and pay deposit" not in browser.get(AT).text
    assert browser.post(f"{AT}/acceptance", acceptance(quote, deposit="y")).headers["Location"] == AT
    assert browser.post(f"{AT}/deposit").headers["Location"] == AT


def test_another_customers_deposit_does_not_exist(browser_of, ana, ben, cleo, quote, session):
    for stranger in (ben, cleo):
        assert browser_of(stranger).post(f"{AT}/deposit").status_code == 404
    assert "has not been accepted" in browser_of(ana).post(f"{AT}/deposit", follow_redirects=True).text
    assert counts(session) == (0, 0)
    assert db.session.get_one(Quote, quote.id).acceptance is None


def test_the_page_of_a_quote_takes_four_statements_before_and_after(browser_of, ana, quote, statements):
    browser = browser_of(ana)
    browser.get(AT)
    with statements() as open_quote:
        browser.get(AT)
    browser.post(f"{AT}/acceptance", acceptance(quote))
    browser.get(AT)
    with statements() as accepted:
        browser.get(AT)
    assert max(len(open_quote), len(accepted)) <= 4, (open_quote, accepted)
