"""What a customer is about to pay: all that is due on some of their invoices, in one currency, or a part of one."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import literal_column

from sergio.invoices.ledger import DISPUTED, OPEN, PAID, PROCESSING, VOIDED
from sergio.invoices.models import PORTAL_PATH, Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.refused import Refused
from sergio.payments.part_payments import refuse_part
from sergio.payments.parts import Amounts
from sergio.price_list.typed import amount_text

MOST = 50
"""Invoices in one charge: their numbers must fit into a value of Stripe's metadata, which has at most 500 characters
(docs.stripe.com/api/metadata), and people still read the list.
"""
SEVERAL_PATH = "/portal/pay"


def can_be_paid() -> tuple:
    """Conditions of invoices: unpaid, and no payment is processing. A constant, as for `AddressChange.is_waiting`."""
    return Invoice.needs_attention(), Invoice.status == literal_column(repr(OPEN))


class TotalChanged(Refused):
    """What is due on the invoices is not the total that was shown."""


class Part(NamedTuple):
    """A part of one invoice: its amount, and of what, in minor units: if another amount is due by now, it was perhaps
    paid already, and this is the same button pressed twice.
    """

    amount: int
    of: int


class Bill(NamedTuple):
    """Invoices with what is to be paid of each. `part` is the amount, in minor units, if it is not all of the only
    invoice; `typed` is how the customer typed it.
    """

    invoices: tuple[Invoice, ...]
    part: int | None = None
    typed: str = ""

    @classmethod
    def of_attempt(cls, attempt) -> "Bill":
        """What an attempt pays, to look at it or to try again."""
        [part, *more] = attempt.parts
        is_part = not more and part.amount < part.invoice.due
        typed = amount_text(part.amount, attempt.currency) if is_part else ""
        return cls(tuple(attempt.invoices), part.amount if is_part else None, typed)

    @property
    def amounts(self) -> Amounts:
        return {invoice: self.part or invoice.due for invoice in self.invoices}

    @property
    def first(self) -> Invoice:
        return self.invoices[0]

    @property
    def number(self) -> int:
        """The number of the first invoice."""
        return self.first.number

    @property
    def currency(self) -> str:
        return self.first.currency

    @property
    def is_several(self) -> bool:
        return len(self.invoices) > 1

    @property
    def reference(self) -> str:
        return ", ".join(invoice.reference for invoice in self.invoices)

    @property
    def heading(self) -> str:
        """What stands above the title."""
        return _("Your invoices") if self.is_several else _("Invoice %(number)s", number=self.reference)

    @property
    def title(self) -> str:
        if self.is_several:
            return ngettext("%(num)d invoice", "%(num)d invoices", len(self.invoices))
        return self.first.title

    @property
    def page_title(self) -> str:
        if self.is_several:
            return _("Pay %(num)s invoices", num=len(self.invoices))
        return _("Pay invoice %(number)s", number=self.reference)

    @property
    def label(self) -> str:
        """What the amount is."""
        if self.part:
            return _("You pay")
        return _("Total due") if self.is_several else _("Amount due")

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(self.amounts.values())

    @property
    def amount(self) -> str:
        return self.first.money(self.total)

    @property
    def left(self) -> str:
        """What a part leaves due; "" for no part."""
        return self.first.money(self.first.due - self.part) if self.part else ""

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Number, title, amount and path of each of several invoices."""
        each = self.invoices if self.is_several else ()
        return [(invoice.reference, invoice.title, invoice.money(invoice.due), invoice.portal_path) for invoice in each]

    def url(self, **query) -> str:
        """The page to pay it."""
        if self.is_several:
            return f"{SEVERAL_PATH}?{urlencode([*self._numbers, *query.items()])}"
        query |= {"amount": self.typed} if self.part else {}
        return f"{self.first.portal_path}/pay" + (f"?{urlencode(query)}" if query else "")

    @property
    def _numbers(self) -> list[tuple[str, int]]:
        return [("invoice", invoice.number) for invoice in self.invoices]

    @property
    def status_url(self) -> str:
        """The page that says what came of the payment."""
        return f"{self.first.portal_path}/payment"

    @property
    def back(self) -> tuple[str, str]:
        """Where to go without paying, and the words of the link."""
        if self.is_several:
            return PORTAL_PATH, _("Back to invoices")
        return self.first.portal_path, _("Back to invoice")


def amounts_due(invoices: Collection[Invoice], *, shown: int | None = None, part: Part | None = None) -> Amounts:
    """What is to be paid of these locked invoices: all that is due, or a part of the only one. `TotalChanged` if that
    is not the total a page has `shown`, or if one of several cannot be paid any more; `Refused` for a part that leaves
    what cannot be paid.
    """
    amounts = {invoice: part.amount if part else invoice.due for invoice in invoices}
    settled = any(invoice.status != OPEN for invoice in invoices)
    if settled and len(amounts) == 1:
        return amounts  # `payable` has a sentence for it
    for invoice, amount in amounts.items() if part else ():
        refuse_part(invoice, amount)
    due = sum(invoice.due for invoice in invoices)
    if (part and part.of != due) or (shown is not None and (settled or shown != sum(amounts.values()))):
        raise TotalChanged(_("What is due has changed. Check the new total, then pay again."))
    return amounts


def why_not(invoice: Invoice) -> str:
    """Why an invoice is not paid with others now; "" if it can be."""
    number = invoice.reference
    sentences = {
        OPEN: "",
        PROCESSING: _("A payment for invoice %(number)s is already on its way.", number=number),
        DISPUTED: _("You disputed a payment for invoice %(number)s with your bank.", number=number),
        VOIDED: _("Invoice %(number)s was voided. No payment is due.", number=number),
        PAID: _("Invoice %(number)s is already paid.", number=number),
    }
    return sentences.get(invoice.status, _("Nothing is due on invoice %(number)s.", number=number))


def by_currency(invoices: Iterable[Invoice]) -> list[Bill]:
    """A bill for each currency."""
    groups: dict[str, list[Invoice]] = {}
    for invoice in invoices:
        groups.setdefault(invoice.currency, []).append(invoice)
    return [Bill(tuple(group)) for group in groups.values()]
