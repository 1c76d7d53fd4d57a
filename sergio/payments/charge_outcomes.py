"""The table of what Stripe says of the charge of an attempt: risk, 3-D Secure, fee."""

from sqlalchemy import BigInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.charges import Charged

RISKS = {
    "normal": _l("Normal"),
    "elevated": _l("Elevated"),
    "highest": _l("Highest"),
    "not_assessed": _l("Not assessed"),
    "unknown": _l("Unknown"),
}
"""Radar's `risk_level` (docs.stripe.com/api/charges/object#charge_object-outcome-risk_level)."""
RISKY = ("elevated", "highest")
SECURED = {
    "authenticated": _l("The customer confirmed it with their bank."),
    "attempt_acknowledged": _l("The bank was asked, and does not take part."),
    "data_share_only": _l("The bank was told about it, and nothing was asked of the customer."),
    "exempted": _l("The bank did not ask the customer to confirm it."),
    "failed": _l("The customer could not confirm it with their bank."),
    "not_supported": _l("The card does not support it."),
    "processing_error": _l("The bank could not be asked."),
}
"""By the `result` of 3-D Secure."""


class ChargeOutcome(CompanyOwned, Model):
    """What Stripe last said of the last charge of an attempt. `message` is Radar's, for the seller. `fee` is in minor
    units of `fee_currency`, and None until it is known.
    """

    __table_args__ = (
        UniqueConstraint("attempt_id"),
        *within_company(attempt_id="payment_attempt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column()
    charge: Mapped[str] = mapped_column(String(120))
    risk_level: Mapped[str] = mapped_column(String(20), default="")
    message: Mapped[str] = mapped_column(String(300), default="")
    three_d_secure: Mapped[str] = mapped_column(String(30), default="")
    fee: Mapped[int | None] = mapped_column(BigInteger)
    fee_currency: Mapped[str] = mapped_column(String(3), default="")

    @classmethod
    def of(cls, attempt_id: int, company_id: int):
        return select(cls).where(cls.company_id == company_id, cls.attempt_id == attempt_id)

    @classmethod
    def keep(cls, attempt: PaymentAttempt, found: Charged):
        """Note what Stripe says; a fee that is known stays. Needs the invoices of the attempt locked."""
        row = db.session.scalar(cls.of(attempt.id, attempt.company_id))
        if row is None:
            row = cls(company=attempt.company, attempt_id=attempt.id, charge=found.id)
            db.session.add(row)
        if found.fee is None and row.fee is not None and row.charge == found.id:
            return
        row.charge, row.fee, row.fee_currency = found.id, found.fee, found.fee_currency
        row.risk_level, row.message = found.risk_level[:20], found.message[:300]
        row.three_d_secure = found.three_d_secure[:30]

    @property
    def risk_label(self) -> str:
        return str(RISKS.get(self.risk_level, self.risk_level))

    @property
    def secured_sentence(self) -> str:
        return str(SECURED.get(self.three_d_secure, self.three_d_secure.replace("_", " ")))

    @property
    def fee_text(self) -> str:
        return "" if self.fee is None else money.format_amount(self.fee, self.fee_currency)
