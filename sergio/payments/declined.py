"""What of Stripe's reports are declines that the fraud brakes count: those of a person who tries cards.

A debit is declined days later, and an automatic payment when nobody is there; neither counts.
"""

from datetime import datetime

from sqlalchemy import select

from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.payments import brakes
from sergio.payments.methods import CARD
from sergio.payments.models import PaymentAttempt
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe.events import DECLINES, StripeEvent


def of_event(event: StripeEvent):
    """Count the decline that an event reports, if it does: the object itself shows only the last one. The caller
    commits.
    """
    if event.type not in DECLINES:
        return
    source = event.declined or event.event
    if event.intent:
        tried = PaymentAttempt.account == event.account, PaymentAttempt.intent == event.intent
        if attempt := db.session.scalar(select(PaymentAttempt).where(*tried), execution_options=EVERY_COMPANY):
            of_attempt(attempt, source, event.card, at=event.received_at)
        return
    begun = SavedMethod.account == event.account, SavedMethod.setup == event.saved, SavedMethod.method == CARD
    if saved := db.session.scalar(select(SavedMethod).where(*begun), execution_options=EVERY_COMPANY):
        brakes.note_decline(saved.contact, [], source, event.card, at=event.received_at)


def of_attempt(attempt: PaymentAttempt, source: str, card: str, *, at: datetime):
    """Count a decline of an attempt to pay."""
    if attempt.contact and attempt.method == CARD and not attempt.off_session:
        brakes.note_decline(attempt.contact, [part.invoice_id for part in attempt.parts], source, card, at=at)
