"""The table of mandates: what customers agreed to before a bank account was debited. Part of the models of payments."""

from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.database.append_only import fixed
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.payments.consents import CONSENT_COLUMNS, Consent, ConsentGiven


class DebitMandate(ConsentGiven, CompanyOwned, Model):
    """A mandate for one attempt, written once, in its transaction."""

    __table_args__ = (UniqueConstraint("attempt_id"), *within_company(attempt_id="payment_attempt"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column()

    attempt: Mapped[Any] = relationship("PaymentAttempt", foreign_keys=attempt_id)

    @classmethod
    def keep(cls, attempt, consent: Consent):
        """Keep what the customer agreed to; the first time counts, as the attempt stays the same."""
        mine = cls.company_id == attempt.company_id, cls.attempt_id == attempt.id
        if db.session.scalar(select(cls.id).where(*mine)) is None:
            row = cls(company=attempt.company, attempt=attempt)
            row.keep_consent(consent)
            db.session.add(row)


for column in CONSENT_COLUMNS:
    fixed(column)(DebitMandate)
