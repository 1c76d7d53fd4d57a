"""Staff undo an acceptance: the evidence stays, the quote is open again, its invoices are void."""

from datetime import timedelta

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.quotes import invoicing, outcome_check, version_check
from sergio.quotes.answer import QuoteAcceptance
from tests.factories import by
from tests.quotes.builders import SIGNED, lines, sent, total
from tests.quotes.test_audit import entries

AT = "/portal/quotes/1"


def now() -> dict:
    return {"by": BY_SYSTEM, "at": clock.now()}


def accept(quote, contact):
    shown = total(quote)
    quote.accept(contact, SIGNED, [], version=quote.version, shown=shown, by=by(contact), at=clock.now())


@pytest.fixture
def accepted(session, ana):
    """Quote 1, accepted by Ana, with an invoice of its deposit."""
    quote = sent(ana, deposit=20_000)
    accept(quote, ana)
    session.commit()
    return quote


def test_the_quote_is_open_again_and_the_evidence_stays(session, ana, olga, accepted, outbox):
    accepted.undo_acceptance("Accepted by mistake.", by=by(olga), at=clock.now())
    session.commit()
    assert accepted.status(accepted.valid_until) == "sent"
    assert accepted.acceptance is None
    [proof] = session.scalars(QuoteAcceptance.__table__.select()).all()
    assert proof
    [undone] = accepted.undone
    assert (undone.reason, undone.name) == ("Accepted by mistake.", "Olga Petrova")
    assert outbox.emails[-1].to == "ana@example.com"
    assert "Accepted by mistake." in outbox.emails[-1].text
    entry = next(entry for entry in entries(session) if entry.action == "acceptance_undone")
    assert (entry.actor_name, entry.after["reason"]) == ("Olga Petrova", "Accepted by mistake.")
    assert list(outcome_check.differences()) == list(version_check.differences()) == []


def test_it_can_be_accepted_again(browser_of, session, ana, accepted):
    accepted.undo_acceptance("A mistake.", **now())
    session.commit()
    browser = browser_of(ana)
    assert "Accept, pay later</button>" in browser.get(AT).text
    accept(accepted, ana)
    session.commit()
    assert (accepted.acceptance.times_undone, accepted.status(accepted.valid_until)) == (1, "accepted")
    page = browser.get("/portal/quotes").text
    assert page.count(accepted.title) == 1
    assert "Accepted" in page
    assert list(outcome_check.differences()) == list(version_check.differences()) == []


def test_it_can_be_changed_and_sent_again(session, ana, accepted):
    accepted.undo_acceptance("A mistake.", **now())
    accepted.revise(lines()[:1], **now())
    assert accepted.version == 2


def test_an_expired_one_needs_a_new_version(session, ana, accepted):
    later = accepted.company.day(clock.now() + timedelta(days=30))
    accepted.undo_acceptance("A mistake.", **now())
    assert accepted.status(later) == "expired"


def test_unpaid_invoices_are_voided(session, ana, accepted):
    invoicing.invoice_rest(accepted, **now())
    issued = invoicing.invoices_of(accepted)
    accepted.undo_acceptance("A mistake.", **now())
    assert [invoice.status for invoice in issued] == ["void", "void"]
    assert invoicing.invoices_of(accepted) == []


def test_a_paid_invoice_keeps_the_acceptance(session, ana, accepted):
    [deposit] = invoicing.invoices_of(accepted)
    Payment.record(deposit, method=CASH, **now())
    with pytest.raises(Refused, match="Invoice 1 for this quote has a payment"):
        accepted.undo_acceptance("A mistake.", **now())
    assert accepted.acceptance


def test_a_paid_invoice_that_staff_wrote_for_it_counts_too(session, ana, accepted):
    lines = [InvoiceLine(description="More", unit_price=500)]
    invoice = Invoice.issue(ana.customer, "More work", lines, quote_id=accepted.id, **now())
    Payment.record(invoice, method=CASH, **now())
    with pytest.raises(Refused, match="Invoice 2 for this quote has a payment"):
        accepted.undo_acceptance("A mistake.", **now())


def test_only_an_accepted_quote_can_be_undone(session, ana):
    with pytest.raises(Refused, match="Quote 1 has not been accepted"):
        sent(ana).undo_acceptance("A mistake.", **now())
