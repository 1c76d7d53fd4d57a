"""Staff email a customer the link that pays an invoice, or copy it."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.customers.models import Contact
from sergio.customers.roles import BILLING, READ
from sergio.invoices.sending import InvoiceEmail
from sergio.lib import clock
from tests.invoices import builders

LINK = "/office/invoices/1/pay-link"


@pytest.fixture
def invoice(session, ana):
    invoice = builders.invoice(ana)
    session.commit()
    return invoice


def test_the_link_opens_the_invoice_to_pay_it_without_a_sign_in(
    browser_of, visitor, olga, ana, invoice, outbox, session
):
    browser = browser_of(olga)
    assert f'href="{LINK}"' in browser.get("/office/invoices/1").text
    page = browser.get(LINK).text
    assert "/portal/invoices/1/pay" in page
    browser.post(LINK, {"to": ana.id, "message": "As we said on the phone."})
    [email] = outbox.emails
    assert (email.to, email.subject) == ("ana@example.com", "Pay invoice 1 from Sparkle Cleaning")
    assert "As we said on the phone." in email.text
    assert "$120.00" in email.text
    path = re.search(r"https?://[^/]+(/d/\S+)", email.text)[1]
    guest = visitor(ana.company)
    opened = guest.post(path, {"open": "yes"})
    assert opened.location == "/portal/invoices/1"
    assert "Pay by card" in guest.get(opened.location).text
    session.rollback()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sent_pay_link")).one()
    assert (entry.actor_name, entry.after) == ("Olga Petrova", {"to": "ana@example.com"})
    assert "Pay link sent" in browser.get("/office/invoices/1").text


def test_who_pays_the_bills_comes_first_and_who_may_not_pay_is_not_offered(browser_of, olga, ana, invoice, session):
    for name, role in (("Bill Ruiz", BILLING), ("Rea Ruiz", READ)):
        email = f"{name.split()[0].lower()}@example.com"
        session.add(Contact(company=ana.company, customer=ana.customer, name=name, email=email, role=role))
    session.commit()
    options = re.findall(r"<option[^>]*>([^<]+)<", browser_of(olga).get(LINK).text)
    assert [option.partition(" &lt;")[0] for option in options] == ["Bill Ruiz", "Ana Ruiz"]


def test_without_a_contact_it_can_be_copied(browser_of, olga, ana, invoice, session):
    ana.email = ""
    session.commit()
    page = browser_of(olga).get(LINK).text
    assert "has no contact with an email address who may pay" in page
    assert "/portal/invoices/1/pay" in page


@pytest.mark.parametrize("fields", [{}, {"to": "0"}, {"to": "x"}, {"to": "1", "message": "x" * 2001}])
def test_bad_input_sends_nothing(browser_of, olga, invoice, session, fields):
    assert browser_of(olga).post(LINK, fields).status_code == 422
    assert session.scalars(select(InvoiceEmail)).all() == []


def test_nothing_is_sent_for_what_is_not_due_or_cannot_be_paid(browser_of, olga, ana, invoice, session, outbox):
    browser = browser_of(olga)
    ana.company.charges_enabled = False
    session.commit()
    assert "pay-link" not in browser.get("/office/invoices/1").text
    answer = browser.post(LINK, {"to": ana.id}, follow_redirects=True)
    assert "Customers can't pay in your portal right now." in unescape(answer.text)
    ana.company.charges_enabled = True
    invoice.void(by=builders.BY_OLGA, at=clock.now())
    session.commit()
    assert "Nothing is due on this invoice." in browser.post(LINK, {"to": ana.id}, follow_redirects=True).text
    assert [subject for subject in outbox.subjects if subject.startswith("Pay")] == []


def test_too_many_links_are_not_sent(browser_of, olga, ana, invoice, session):
    browser = browser_of(olga)
    statuses = [browser.post(LINK, {"to": ana.id}).status_code for _time in range(7)]
    assert statuses == [303] * 6 + [429]


def test_only_the_companys_own_office_sends_it(browser_of, ana, theo, world, invoice, session):
    assert browser_of(world.rita).get(LINK).status_code == 404
    assert browser_of(world.rita).post(LINK, {"to": ana.id}).status_code == 404
    assert browser_of(theo).get(LINK).status_code == 403
    assert session.scalars(select(InvoiceEmail)).all() == []


def test_the_page_takes_four_statements(browser_of, olga, invoice, statements):
    browser = browser_of(olga)
    browser.get(LINK)
    with statements() as seen:
        assert browser.get(LINK).status_code == 200
    assert len(seen) <= 4, seen
