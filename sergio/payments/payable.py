"""Whether an invoice can be paid by card."""

from flask_babel import gettext as _

from sergio.invoices.models import Invoice
from sergio.lib.refused import Refused
from sergio.payments.stripe import currencies


def refuse_what_cannot_be_paid(invoice: Invoice):
    """A `Refused` that says why not, if the invoice cannot be paid by card right now."""
    company = invoice.company
    if invoice.voided_at:
        raise Refused(_("This invoice has been withdrawn. There is nothing to pay."))
    if invoice.due <= 0:
        raise Refused(_("This invoice is already paid. Thank you."))
    if invoice.clearing_since:
        raise Refused(_("A payment for this invoice is already on its way."))
    if not company.takes_cards:
        raise Refused(f"{_('We do not take cards online right now.')} {company.how_to_reach}")
    if not currencies.chargeable(invoice.due, invoice.currency):
        amount = invoice.money(invoice.due)
        raise Refused(
            _("%(amount)s cannot be paid by card. Please call us: %(phone)s.", amount=amount, phone=company.phone)
        )
