"""Lives that a payment can have at Stripe: what Stripe says of it after each of seven events."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sergio.audit.actor import BY_SYSTEM
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.payments import sync
from sergio.payments.methods import BANK_ACCOUNT, CARD
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.types import DeclinedCharge, Disputed, Intent, Refunded
from tests.invoices import builders
from tests.payments.saving import kept

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
LATER = AT + timedelta(days=3)


class Life(NamedTuple):
    """An attempt, and Stripe's intent after each event of its life, the oldest first."""

    attempt: PaymentAttempt
    story: list[Intent]


def card(contact: Contact, intent="pi_card") -> Life:
    """Declined, paid after 3D Secure, refunded in part, the refund failed, disputed, the dispute was won."""
    return Life(attempt := started(contact, intent), by_card(attempt))


def several(contact: Contact, intent="pi_several") -> Life:
    """The same for two invoices that are paid at once."""
    return Life(attempt := started(contact, intent, invoices=2), by_card(attempt))


def automatic(contact: Contact, intent="pi_automatic") -> Life:
    """The same for a method that was saved, without the customer."""
    saved = {"off_session": True, "saved_method_id": kept(contact, stripe_id=f"pm_{intent}").id}
    return Life(attempt := started(contact, intent, payer=None, **saved), by_card(attempt))


def bank_debit(contact: Contact, intent="pi_debit") -> Life:
    """On its way, returned, on its way again, paid, refunded, disputed, the dispute was lost."""
    contact.company.accepts_bank_debits = contact.company.bank_debits_enabled = True
    attempt = started(contact, intent, method=BANK_ACCOUNT)
    asked = requested(attempt)
    paid = asked._replace(status="succeeded", received=asked.amount, paid_at=AT, last4="6789")
    refunded = paid._replace(refunds=(Refunded(f"re_{intent}", 2_000, "succeeded", AT),))
    lost = Disputed(f"du_{intent}", asked.amount - 2_000, "needs_response", "debit", AT, AT, LATER)
    story = [
        asked._replace(status="processing"),
        asked._replace(decline="insufficient_funds"),
        asked._replace(status="processing"),
        paid,
        refunded,
        refunded._replace(disputes=(lost,)),
        refunded._replace(disputes=(lost._replace(status="lost", closed_at=LATER),)),
    ]
    return Life(attempt, story)


KINDS = (card, several, automatic, bank_debit)


def started(
    contact: Contact, intent: str, *, invoices=1, payer: Contact | bool | None = True, method=CARD, **more
) -> PaymentAttempt:
    amounts = {each: each.due for each in [builders.invoice(contact) for _each in range(invoices)]}
    who = contact if payer else None
    attempt = PaymentAttempt.start(amounts, who, by=BY_SYSTEM, at=AT, method=method, **more)
    attempt.intent = intent
    db.session.flush()
    return attempt


def requested(attempt: PaymentAttempt) -> Intent:
    return Intent(
        id=attempt.intent or "", account=attempt.account, status="requires_payment_method", amount=attempt.amount,
        received=0, currency="USD", livemode=False, metadata={}, secret="s", decline="",
    )  # fmt: skip


def by_card(attempt: PaymentAttempt) -> list[Intent]:
    asked, name = requested(attempt), attempt.intent
    paid = asked._replace(status="succeeded", received=asked.amount, paid_at=AT, brand="visa", last4="4242")
    refund = Refunded(f"re_{name}", 2_000, "pending", AT)
    failed = paid._replace(refunds=(refund._replace(status="failed"),))
    lost = Disputed(f"du_{name}", asked.amount - 2_000, "needs_response", "fraudulent", AT, AT, LATER)
    return [
        asked._replace(decline="insufficient_funds", declined=DeclinedCharge(f"ch_{name}", "a card")),
        asked._replace(status="requires_action"),
        paid,
        paid._replace(refunds=(refund,)),
        failed,
        failed._replace(disputes=(lost,)),
        failed._replace(disputes=(lost._replace(status="won", closed_at=LATER),)),
    ]


def apply(found: Intent):
    assert sync.apply(found) == ""
    db.session.flush()


def ledger_of(attempt: PaymentAttempt) -> tuple:
    """All that must be the same in the end: facts, balances and statuses, without the names of intent and invoices."""
    return tuple(
        (
            *facts_of(part.invoice, attempt.intent),
            part.invoice.due,
            part.invoice.clearing_since,
            part.invoice.status,
            part.closed_at is not None,
            attempt.status,
            *sorted((r.amount, r.status) for p in attempt.payments if p.invoice is part.invoice for r in p.refunds),
            *sorted((d.amount, d.status) for p in attempt.payments if p.invoice is part.invoice for d in p.disputes),
        )
        for part in attempt.parts
    )


def facts_of(invoice: Invoice, intent: str) -> list[tuple]:
    def source(entry) -> str:
        return entry.source.replace(intent, "*").replace(f"invoice {invoice.number}", "invoice")

    return sorted((entry.kind, entry.amount, source(entry), entry.at) for entry in invoice.entries)
