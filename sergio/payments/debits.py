"""Bank debits: the columns of an attempt that wait for the customer to confirm a bank account, part of its models.

Stripe confirms most accounts at once. To others it sends a small deposit, which arrives in one or two business days;
the customer then enters its code on Stripe's page, within ten days (docs.stripe.com/payments/ach-direct-debit).
"""

from datetime import datetime, timedelta

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from sergio.lib import bank_days
from sergio.payments.statuses import PROCESSING
from sergio.payments.stripe.types import Verification

ABANDONED_AFTER = timedelta(days=1)
VERIFIED_WITHIN = timedelta(days=10)


class BankDebit:
    """`verify_url` is Stripe's page on which the customer confirms the bank account, "" when that is not asked (any
    more); `deposit_at` is when the deposit should arrive, `verify_by` until when the customer can confirm it.
    `verify_with` is what to enter: a "descriptor_code" or two "amounts".
    """

    verify_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    verify_with: Mapped[str] = mapped_column(String(20), default="", server_default="")
    deposit_at: Mapped[datetime | None]
    verify_by: Mapped[datetime | None]

    status: str
    created_at: datetime
    processing_since: datetime | None

    def follow_verification(self, found: Verification | None, *, at: datetime) -> bool:
        """Take over what Stripe says of it; whether it has just begun to wait for the customer."""
        if found is None:
            self.verify_url, self.verify_with, self.deposit_at, self.verify_by = "", "", None, None
            return False
        begins = not self.verify_url
        self.verify_url, self.verify_with, self.deposit_at = found.url, found.kind, found.arrives_at
        self.verify_by = self.verify_by or at + VERIFIED_WITHIN
        return begins

    def is_abandoned(self, now: datetime) -> bool:
        """Whether it is too old for anyone to finish it. A debit that a bank is processing never is, and one that waits
        for the customer to confirm a bank account is after Stripe's ten days.
        """
        if self.verify_by:
            return now > self.verify_by + ABANDONED_AFTER
        return self.status != PROCESSING and now - self.created_at > ABANDONED_AFTER


def arrives_by(company, since: datetime) -> str:
    """ "Friday, December 4": the day by which a debit that was started then has usually arrived."""
    return company.format_day(bank_days.debit_arrives(company.day(since)))
