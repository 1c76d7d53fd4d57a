"""Invoices of done appointments: which have none yet, and drafting one of one or several of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import quoted
from sergio.booking.models import Appointment
from sergio.database import triggers
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes.invoicing import REST

MOST_AT_ONCE = 50
READY = text("invoice_id IS NULL")


class AppointmentBilling(CompanyOwned, Model):
    """A done appointment, and its invoice once it has one. A trigger frees it when that is deleted or voided."""

    __table_args__ = (
        UniqueConstraint("company_id", "appointment_id"),
        *within_company(appointment_id="appointment", invoice_id="invoice"),
        Index(None, "company_id", "invoice_id"),
        Index(
            "ix_appointment_billing_ready",
            *("company_id", "done_at", "id"),
            sqlite_where=READY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    done_at: Mapped[datetime]
    invoice_id: Mapped[int | None] = mapped_column()


FREE = "UPDATE appointment_billing SET invoice_id = NULL WHERE company_id = {row}.company_id AND invoice_id = {row}.id"
triggers.keep(
    "invoice",
    "voided_at",
    {"update": f"{FREE.format(row='NEW')} AND NEW.voided_at IS NOT NULL;", "delete": f"{FREE.format(row='OLD')};"},
    reads="appointment_billing",
    named="invoice_frees_appointments",
)


def make_ready(appointment: Appointment, now: datetime):
    """Note that the appointment, which is locked, can be invoiced."""
    db.session.add(AppointmentBilling(company_id=appointment.company_id, appointment_id=appointment.id, done_at=now))


def take_back(appointment: Appointment):
    """It is not done after all; `Refused` if it is on an invoice. The appointment is locked."""
    for billing in billings_of([appointment]):
        if billing.invoice_id:
            raise Refused(_("This appointment is on an invoice. Delete or void the invoice first."))
        db.session.delete(billing)
        db.session.flush()


def draft(appointments: Sequence[Appointment], *, by: Actor, now: datetime) -> Invoice:
    """The draft invoice of done appointments of one customer: made now, or before, when somebody was quicker.

    Raises `Refused` for appointments of several customers or quotes, that are not done, or of which only some have an
    invoice.
    """
    appointments = locked(appointments)
    refuse(appointments)
    billings = billings_of(appointments)
    there = {billing.invoice_id for billing in billings}
    if len(billings) == len(appointments) and len(there) == 1 and None not in there:
        mine = Invoice.company_id == appointments[0].company_id, Invoice.id == there.pop()
        return db.session.scalars(select(Invoice).where(*mine)).one()
    if there - {None}:
        raise Refused(_("Some of these appointments are already on an invoice."))
    invoice = drafted(appointments, by=by, now=now)
    billed = {billing.appointment_id: billing for billing in billings}
    for each in appointments:
        if each.id not in billed:
            billed[each.id] = AppointmentBilling(company_id=each.company_id, appointment_id=each.id, done_at=now)
            db.session.add(billed[each.id])
        billed[each.id].invoice_id = invoice.id
        record(each, "invoiced", by=by, at=now, after={"title": invoice.title})
    return invoice


def drafted(appointments: Sequence[Appointment], *, by: Actor, now: datetime) -> Invoice:
    """Drafted from their quote, if they have one that is not invoiced, else from their services."""
    first = appointments[0]
    lines = quoted.lines_to_invoice(first.quote) if first.quote else []
    more: dict[str, Any] = {"place": first.place} if len({each.property_id for each in appointments}) == 1 else {}
    more |= {"appointment_id": first.id} if len(appointments) == 1 else {}
    if lines and first.quote and first.quote.acceptance:
        offer = first.quote.acceptance.offer
        lines[0].detail = "\n".join(filter(None, (lines[0].detail, *map(when_and_where, appointments))))[:2000]
        more |= {"quote_id": first.quote_id, "quote_part": REST, "terms": offer["terms"]}
        more["currency"] = offer["company"]["currency"]
        return Invoice.draft(first.customer, offer["title"], lines, at=now, by=by, **more)
    names = ", ".join(dict.fromkeys(each.service.name for each in appointments))
    lines = [*map(line_of, appointments), *(line for each in appointments for line in deposit_lines(each))]
    return Invoice.draft(first.customer, names[:200], lines, at=now, by=by, **more)


def deposit_lines(appointment: Appointment) -> list[InvoiceLine]:
    """A line that takes off what was paid with the booking, if anything."""
    deposit = appointment.guarantee.invoice if appointment.guarantee else None
    paid = deposit.paid - deposit.refunded - deposit.disputed if deposit else 0
    if deposit is None or paid <= 0:
        return []
    return [InvoiceLine(description=_("Deposit, invoice %(number)s", number=deposit.reference), unit_price=-paid)]


def line_of(appointment: Appointment) -> InvoiceLine:
    """A line with the service and its price, zero where that is on request: staff set it in the draft. It is also zero
    where the accepted quote has been invoiced, which is the price of the work.
    """
    service, quote, detail = appointment.service, appointment.quote, when_and_where(appointment)
    if quote and quote.acceptance:
        detail = f"{detail}\n{_('Included in quote %(number)s', number=quote.number)}"
        return InvoiceLine(description=service.name, detail=detail, unit_price=0)
    return InvoiceLine(description=service.name, detail=detail, unit_price=service.price or 0)


def when_and_where(appointment: Appointment) -> str:
    return f"{appointment.company.format_day(appointment.starts_at)}, {appointment.place.address}"


def locked(appointments: Sequence[Appointment]) -> Sequence[Appointment]:
    """The same appointments, read again and locked until the commit, in the order of their ids; without a deadlock."""
    mine = Appointment.company_id == appointments[0].company_id, Appointment.id.in_([each.id for each in appointments])
    rows = select(Appointment).where(*mine).order_by(Appointment.id).with_for_update(of=Appointment)
    parts = (joinedload(part) for part in (Appointment.service, Appointment.place, Appointment.customer))
    return db.session.scalars(rows.options(*parts).execution_options(populate_existing=True)).all()


def billings_of(appointments: Sequence[Appointment]) -> Sequence[AppointmentBilling]:
    mine = (
        AppointmentBilling.company_id == appointments[0].company_id,
        AppointmentBilling.appointment_id.in_([each.id for each in appointments]),
    )
    again = {"populate_existing": True}
    return db.session.scalars(select(AppointmentBilling).where(*mine).execution_options(**again)).all()


def refuse(appointments: Sequence[Appointment]):
    """Raise `Refused` unless all were done, for one customer and of one quote or none."""
    if any(each.completed_at is None or each.canceled_at for each in appointments):
        raise Refused(_("Only appointments that are done can be invoiced."))
    if len({each.customer_id for each in appointments}) > 1:
        raise Refused(_("Choose appointments of one customer."))
    if len({each.quote_id for each in appointments}) > 1:
        raise Refused(_("Choose appointments of one quote, or only such without a quote."))
