"""Labels of invoices: status, due date and totals."""

from collections.abc import Iterable
from datetime import date

from sergio.invoices.corrections import UNDONE as UNDONE_SOURCE
from sergio.invoices.document import Document
from sergio.invoices.ledger import (
    CHARGE,
    CREDIT,
    CREDITED,
    DISPUTE,
    DISPUTED,
    DRAFT,
    MOVED_CREDIT,
    OPEN,
    OVERDUE,
    OVERPAID,
    PAID,
    PAYMENT,
    PROCESSING,
    REFUND,
    REFUND_DUE,
    REFUNDED,
    VOID,
    VOIDED,
    WRITE_OFF,
    WRITTEN_OFF,
    refunded_of_total,
    sum_of,
    surplus,
)
from sergio.invoices.models import Invoice
from sergio.invoices.sending import PAY_LINK, REMINDER, SENT, InvoiceEmail
from sergio.lib import bank_days, money
from sergio.lib.language import gettext as _
from sergio.lib.language import kept, ngettext, pgettext
from sergio.lib.language import lazy_gettext as _l

LABELS = {
    DRAFT: _l("Draft"),
    OPEN: _l("Unpaid"),
    OVERDUE: _l("Overdue"),
    PROCESSING: _l("Processing"),
    PAID: _l("Paid"),
    REFUNDED: _l("Refunded"),
    DISPUTED: _l("Disputed"),
    VOIDED: _l("Void"),
    OVERPAID: _l("Overpaid"),
    CREDITED: _l("Credited"),
    WRITTEN_OFF: _l("Written off"),
}
ENTRIES = {
    CHARGE: _l("Invoice issued"),
    PAYMENT: _l("Payment"),
    REFUND: _l("Refund"),
    DISPUTE: _l("Dispute"),
    VOID: _l("Invoice voided"),
    CREDIT: _l("Credit"),
    WRITE_OFF: _l("Written off"),
    REFUND_DUE: _l("Refund, due again"),
    MOVED_CREDIT: _l("Credit moved"),
}
SENT_LABELS = {SENT: _l("Invoice sent"), REMINDER: _l("Reminder sent"), PAY_LINK: _l("Pay link sent")}
UNDONE = {PAYMENT: _l("Payment undone"), CREDIT: _l("Credit undone"), WRITE_OFF: _l("Write-off undone")}
PAYABLE = (OPEN, OVERDUE)
SOON = 7


def entry_label(entry) -> str:
    """What a `LedgerEntry` is about; what has the other sign than usual takes an earlier one back."""
    if entry.amount < 0 and entry.kind in (REFUND, REFUND_DUE, DISPUTE):
        return _("Dispute won") if entry.kind == DISPUTE else _("Refund returned")
    if entry.amount > 0 and entry.kind in UNDONE:
        return str(UNDONE[entry.kind])
    return str(ENTRIES[entry.kind])


def entry_note(entry) -> str:
    """ "Visa ending in 4242, receipt 7"."""
    receipt = _("receipt %(number)s", number=entry.payment_number) if entry.payment_number else ""
    return ", ".join(part for part in (kept(entry.memo), receipt) if part)


def undo_path(invoice: Invoice, entry) -> str | None:
    """The page that takes an entry back that staff made; None for any other, and where that was done."""
    if any(other.source == f"{entry.source}{UNDONE_SOURCE}" for other in invoice.entries):
        return None
    if entry.kind in (CREDIT, WRITE_OFF) and entry.amount < 0:
        return None if invoice.voided_at else f"{invoice.office_path}/entries/{entry.id}/undoing"
    if entry.kind == MOVED_CREDIT and not entry.source.endswith(UNDONE_SOURCE):
        return f"/office/payments/credit/of-invoice/{invoice.number}"
    by_hand = entry.kind == PAYMENT and entry.source == f"payment {entry.payment_number}"
    return f"/office/payments/{entry.payment_number}/undoing" if by_hand else None


def sent(company, emails: Iterable[InvoiceEmail]) -> list[tuple]:
    """The emails of an invoice for `ui.timeline`."""
    return [
        (company.format_moment(email.at), str(SENT_LABELS[email.kind]), sent_text(email), None, None)
        for email in emails
    ]


def sent_text(email: InvoiceEmail) -> str:
    to = _("to %(name)s, %(to)s", name=email.name, to=email.to)
    automatic = email.occasion is not None and email.occasion.startswith("due")
    by = _("automatically") if automatic else _("by %(name)s", name=email.sent_by)
    return f"{to}, {by}"


def statement_text(row) -> tuple[str, str]:
    """Title and note of a ledger entry (a row with its invoice's `prefix`, `number` and `title`), for customers."""
    facts = {"number": f"{row.prefix}{row.number}"}
    if row.kind == CHARGE:
        return _("Invoice %(number)s") % facts, row.title
    what = _("Adjustment") if row.kind == WRITE_OFF else entry_label(row)
    about = _("invoice %(number)s") % facts
    note = "" if row.kind == WRITE_OFF else entry_note(row)
    return what, ", ".join(part for part in (about, note) if part)


def label(invoice, status: str) -> str:
    """The label of an `Invoice` or one of its `rows` with that status."""
    return (
        _("Partially refunded")
        if status == REFUNDED and refunded_of_total(invoice) < invoice.total
        else str(LABELS[status])
    )


def customers_label(invoice, status: str) -> str:
    """The same for customers, whom a write-off is not told."""
    return _("Closed") if status == WRITTEN_OFF else label(invoice, status)


def timing(company, invoice, status: str, on: date) -> str:
    """The most relevant date of an `Invoice` or one of its `rows`, relative to a day: "overdue by 5 days"."""
    days = (invoice.due_on - on).days
    if status == OVERDUE:
        return ngettext("overdue by %(num)s day", "overdue by %(num)s days", -days)
    if status == PROCESSING and (since := getattr(invoice, "clearing_since", None)):
        arrives = bank_days.debit_arrives(company.day(since))
        return _("usually arrives by %(day)s", day=company.short_day(arrives))
    if status == OVERPAID:
        amount = money.format_amount(surplus(invoice), invoice.currency)
        return _("overpaid by %(amount)s", amount=amount)
    if status == OPEN and days == 0:
        return _("due today")
    if status == OPEN and days <= SOON:
        return ngettext("due tomorrow", "due in %(num)s days", days)
    if status == OPEN:
        return _("due %(day)s", day=company.short_day(invoice.due_on))
    return _("issued %(day)s", day=company.short_day(invoice.issued_on))


def totals(invoice: Invoice, document: Document) -> list[tuple[str, str]]:
    """Labels and amounts from subtotal to the amount due, which is the last row; of a draft, to the total."""
    amount, issued = document.money, document.content
    taxes = [(_("Tax %(rate)s", rate=document.tax_rate(tax)), amount(tax["amount"])) for tax in document.taxes]
    rows = [(_("Subtotal"), amount(issued["subtotal"])), *taxes] if taxes else []
    rows.append((_("Total"), amount(issued["total"])))
    if invoice.number is None:
        return rows
    rows += [(pgettext("payment", "Paid"), amount(-invoice.paid))] if invoice.paid else []
    rows += [(_("Credit"), amount(-invoice.credited))] if invoice.credited else []
    rows += [(_("Adjustment"), amount(-invoice.written_off))] if invoice.written_off else []
    moved = sum_of(invoice.entries, (MOVED_CREDIT,))
    rows += [(_("Credit from another invoice") if moved < 0 else _("Credit moved"), amount(moved))] if moved else []
    refunded = invoice.refunded + sum_of(invoice.entries, (REFUND_DUE,))
    rows += [(pgettext("payment", "Refunded"), amount(refunded))] if refunded else []
    rows += [(_("Disputed"), amount(invoice.disputed))] if invoice.disputed else []
    last = (
        (_("Overpaid"), amount(invoice.surplus)) if invoice.surplus else (_("Amount due"), amount(max(0, invoice.due)))
    )
    return [*rows, last]
