"""Whether invoices can be paid online."""

from sergio.companies.models import is_test
from sergio.companies.payment_settings import BANK_DEBITS_OF
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.payments.debits import arrives_by
from sergio.payments.methods import BANK_ACCOUNT, CARD, can_pay_by
from sergio.payments.parts import Amounts
from sergio.payments.stripe import currencies, gateway

UNAVAILABLE = {
    CARD: _l("Card payments are not available right now."),
    BANK_ACCOUNT: _l("Bank payments are not available right now."),
}


def refuse_unpayable(amounts: Amounts, method: str = CARD, *, off_session: bool = False):
    """Raise `Refused` with the reason if these amounts cannot be paid with that method, in one charge, right now."""
    for invoice in amounts:
        refuse_settled(invoice)
    company, currency = invoice.company, invoice.currency
    if any(each.currency != currency for each in amounts):
        raise Refused(_("These invoices are in different currencies. Pay those of each currency on their own."))
    if method == BANK_ACCOUNT and currency != BANK_DEBITS_OF:
        raise Refused(_("You can pay from a bank account in US dollars only."))
    if not can_pay_by(company, method, off_session=off_session):
        raise Refused(f"{UNAVAILABLE[method]} {company.how_to_reach}")
    total = sum(amounts.values())
    if not currencies.chargeable(total, currency):
        amount = invoice.money(total)
        raise Refused(f"{_('%(amount)s cannot be paid online.', amount=amount)} {company.how_to_reach}")


def refuse_settled(invoice: Invoice):
    """Raise `Refused` if nothing can be paid for the invoice, or a payment for it is on its way."""
    refuse_real_money(invoice.number)
    if invoice.voided_at:
        raise Refused(_("This invoice was voided. No payment is due."))
    if invoice.disputed > 0:
        raise Refused(
            _("A payment for this invoice is disputed at your bank, so it can't be paid online. Call us instead.")
        )
    if invoice.due <= 0:
        raise Refused(_("This invoice is already paid. Thank you."))
    refuse_second_payment(invoice)


def refuse_real_money(number: int):
    """Raise `Refused` for a test customer's invoice where cards are charged for real."""
    if is_test(number) and gateway.is_live():
        raise Refused(_("This is a test invoice. It can't be paid with a real card."))


def refuse_second_payment(invoice: Invoice):
    """Raise `Refused` while a payment is processing: a bank debit takes days."""
    if invoice.clearing_since:
        arrives = arrives_by(invoice.company, invoice.clearing_since)
        raise Refused(_("A payment for this invoice is already processing. It should arrive by %(day)s.", day=arrives))
