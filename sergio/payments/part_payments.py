"""Paying a part of an invoice, where the company allows it: how much, so that the rest can be paid, too."""

from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.stripe import currencies


def least(invoice: Invoice) -> int:
    """The smallest part, in minor units: what the company wants at least, and what Stripe charges at least."""
    company = invoice.company
    own = company.part_payment_minimum if invoice.currency == company.currency else 0
    return max(own, currencies.least(invoice.currency))


def most(invoice: Invoice) -> int:
    """The largest part: one that leaves what Stripe charges at least."""
    return invoice.due - currencies.least(invoice.currency)


def is_offered(invoice: Invoice) -> bool:
    """Whether a part of what is due can be paid; a part of a deposit would keep no appointment."""
    by_parts = invoice.company.allows_part_payments and not invoice.secures_appointment
    return by_parts and least(invoice) <= most(invoice)


def why_not(invoice: Invoice, amount: int) -> str:
    """Why so much (in minor units) cannot be paid of an invoice, in a sentence; "" if it can be."""
    facts = {name: invoice.money(value) for name, value in bounds(invoice).items()}
    rest = invoice.due - amount
    if rest == 0:
        return ""
    if not is_offered(invoice):
        return _("This invoice can only be paid in full: %(due)s.") % facts
    if rest < 0:
        return _("Only %(due)s is due. Pay that or less.") % facts
    if amount < least(invoice):
        return _("Pay at least %(least)s, or all of %(due)s.") % facts
    if amount > most(invoice):
        facts |= {"rest": invoice.money(rest)}
        return (
            _("That leaves %(rest)s, which is too little to pay later. Pay %(most)s or less, or all of %(due)s.")
            % facts
        )
    if not (currencies.chargeable(amount, invoice.currency) and currencies.chargeable(rest, invoice.currency)):
        return _("This amount can't be charged. Enter another one.")
    return ""


def bounds(invoice: Invoice) -> dict[str, int]:
    """What is due, the smallest and the largest part, in minor units."""
    return {"due": invoice.due, "least": least(invoice), "most": most(invoice)}


def refuse_part(invoice: Invoice, amount: int):
    """Raise `Refused` for an amount that cannot be paid of an invoice."""
    if sentence := why_not(invoice, amount):
        raise Refused(sentence)
