"""Whether an invoice can be paid online."""

from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.methods import BANK_ACCOUNT, CARD
from sergio.payments.stripe import currencies


def refuse_unpayable(invoice: Invoice, method: str = CARD):
    """Raise `Refused` with the reason if the invoice cannot be paid with that method right now."""
    company = invoice.company
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


def refuse_second_payment(invoice: Invoice):
    """Raise `Refused` while a payment is processing: a bank debit takes days."""
    if invoice.clearing_since:
        raise Refused(_("A payment for this invoice is already processing."))
