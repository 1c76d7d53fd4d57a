"""The methods a payment can be made with, and their labels."""

from sergio.companies.models import Company
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.parts import named

CARD, BANK_ACCOUNT, CHECK, CASH, TRANSFER = "card", "us_bank_account", "check", "cash", "transfer"
OTHER = "other"
ONLINE = (CARD, BANK_ACCOUNT)
"""Through Stripe, by its own names for them (docs.stripe.com/payments/payment-methods)."""
METHODS = {
    CARD: _l("Card"),
    BANK_ACCOUNT: _l("Bank account"),
    CHECK: _l("Check"),
    CASH: _l("Cash"),
    TRANSFER: _l("Bank transfer"),
    OTHER: _l("Other"),
}
BY_HAND = (CHECK, CASH, TRANSFER, OTHER)
"""Recorded by staff."""
FEW = 3
"""Invoices that a line names."""
BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}


def method_label(payment) -> str:
    """ "Visa ending in 4242", "Check 1042", of a `Payment` or a row with its method, reference and card."""
    if not payment.last4:
        return f"{METHODS[payment.method]} {payment.reference or ''}".strip()
    if payment.method == BANK_ACCOUNT:
        return _("Bank account ending in %(digits)s", digits=payment.last4)
    brand = BRANDS.get(payment.brand, payment.brand.capitalize())
    return _("%(brand)s ending in %(digits)s", brand=brand, digits=payment.last4)


def when_it_arrives(method: str) -> str:
    """How long a refund takes; "" for one that staff give back by hand (docs.stripe.com/refunds, and
    support.stripe.com/questions/refunds-for-ach-direct-debit-payments).
    """
    if method == CARD:
        return _("It usually appears on the card's statement within 5 to 10 business days.")
    if method == BANK_ACCOUNT:
        return _("It usually arrives in the bank account within 3 to 5 business days.")
    return ""


def can_pay_by(company: Company, method: str, *, off_session: bool = False) -> bool:
    """Whether customers of a company can pay with that method. Automatic payments (`off_session`) go on as agreed when
    the company stops accepting their method.
    """
    if method == BANK_ACCOUNT:
        return company.charges_bank_accounts if off_session else company.takes_bank_debits
    return company.charges_cards if off_session else company.takes_cards


@speaking(OFFICE)
def ledger_memo(payment) -> str:
    """ "Visa ending in 4242, with invoice 7", as the ledger keeps it: in English (`language.kept`)."""
    return ", ".join(part for part in (method_label(payment), with_others(payment), payment.memo) if part)[:200]


def with_others(payment) -> str:
    """With which other invoices the one of a payment was paid; "" if alone."""
    parts = payment.attempt.parts if payment.attempt else ()
    others = [part.invoice for part in parts if part.invoice is not payment.invoice]
    if len(others) > FEW:
        return _("with %(count)s other invoices", count=len(others))
    return _("with %(invoices)s", invoices=named(others)) if others else ""
