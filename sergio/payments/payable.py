"""Whether an invoice can be paid online."""

from sergio.companies.models import is_test
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.methods import BANK_ACCOUNT, CARD
from sergio.payments.stripe import currencies, gateway


def refuse_unpayable(invoice: Invoice, method: str = CARD):
    """Raise `Refused` with the reason if the invoice cannot be paid with that method right now."""
    company = invoice.company
    refuse_real_money(invoice.number)
    if invoice.voided_at:
        raise Refused(_("This invoice was voided. No payment is due."))
    if invoice.due <= 0:
        raise Refused(_("This invoice is already paid. Thank you."))
    refuse_second_payment(invoice)
    if not company.takes_cards:
        raise Refused(f"{_('Card payments are not available right now.')} {company.how_to_reach}")
    if method == BANK_ACCOUNT and invoice.currency != "USD":
        raise Refused(_("You can pay from a bank account in US dollars only."))
    if not currencies.chargeable(invoice.due, invoice.currency):
        amount = invoice.money(invoice.due)
        raise Refused(
            _("%(amount)s cannot be paid by card. Call us at %(phone)s.", amount=amount, phone=company.national_phone)
        )


def refuse_real_money(number: int):
    """Raise `Refused` for a test customer's invoice where cards are charged for real."""
    if is_test(number) and gateway.is_live():
        raise Refused(_("This is a test invoice. It can't be paid with a real card."))


def refuse_second_payment(invoice: Invoice):
    """Raise `Refused` while a payment is processing: a bank debit takes days."""
    if invoice.clearing_since:
        raise Refused(_("A payment for this invoice is already processing."))
