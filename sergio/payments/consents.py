"""What customers agree to before a payment method is saved, or charged automatically.

The texts have versions: whoever changes one gives it a new version. Rows keep the text that was shown.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext

TO_SAVE, TO_CHARGE, TO_DEBIT = "save-2026-11", "charge-2026-11", "debit-2026-11"


class Consent(NamedTuple):
    """What somebody agreed to, when, and from where. `text` is in the language in which they read it."""

    version: str
    text: str
    name: str
    at: datetime
    ip_address: str
    browser: str


class ConsentGiven:
    """The columns of a row that was made with a consent."""

    consent_version: Mapped[str] = mapped_column(String(30))
    consent_text: Mapped[str] = mapped_column(String(2000))
    consented_at: Mapped[datetime]
    consent_name: Mapped[str] = mapped_column(String(120))
    consent_ip: Mapped[str] = mapped_column(String(45))
    consent_browser: Mapped[str] = mapped_column(String(300))

    def keep_consent(self, consent: Consent):
        self.consent_version, self.consent_text, self.consented_at = consent.version, consent.text, consent.at
        self.consent_name, self.consent_ip = consent.name[:120], consent.ip_address
        self.consent_browser = consent.browser[:300]


CONSENT_COLUMNS = (
    *("consent_version", "consent_text", "consented_at"),
    *("consent_name", "consent_ip", "consent_browser"),
)


def to_save(company) -> str:
    return _(
        "I allow %(company)s to keep this payment method with Stripe, and to charge it when I choose it for a payment. "
        "I can remove it at any time.",
        company=company.name,
    )


def to_debit(company, amount: str, invoices: str) -> str:
    """A mandate for one ACH debit, as the rules of Nacha ask for. `invoices` names them: "invoice A-7"."""
    return _(
        "I authorize %(company)s to debit %(amount)s once from the bank account I enter next, for %(invoices)s, and to "
        "correct errors by debits or credits to it. The account is mine, and I can take this back until the payment "
        "is sent to my bank.",
        company=company.name,
        amount=amount,
        invoices=invoices,
    )


def in_days(days: int) -> str:
    """ "1 day", "3 days"."""
    return ngettext("%(num)d day", "%(num)d days", days)


def to_charge(company, notice_days: int) -> str:
    return _(
        "I authorize %(company)s to charge the payment method I chose for each of my invoices on the day it is due, up "
        "to the limit I set, without asking me again. %(company)s will email me the amount at least %(days)s "
        "before. I can skip a payment or turn this off at any time before it is sent to my bank.",
        company=company.name,
        days=in_days(notice_days),
    )
