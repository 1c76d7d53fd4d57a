"""The done appointments without an invoice: the list, and drafting their invoices, one for each customer."""

from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, abort, flash, g, request, url_for
from sqlalchemy import Row, select
from sqlalchemy.orm import joinedload

from sergio.booking import formats, invoicing
from sergio.booking.invoicing import MOST_AT_ONCE, AppointmentBilling
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import ngettext
from sergio.lib.postal import address
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember
from sergio.web.pages import go, page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging
from sergio.web.revalidation import revalidated

bp = Blueprint("to_invoice", __name__, url_prefix="/schedule")
TABS = {"done": _l("Ready to invoice")}


class Ready(NamedTuple):
    """A done appointment as the list shows it."""

    number: int
    href: str
    what: str
    when: str
    price: str


@bp.get("/done")
@revalidated
def index():
    """The appointments that were done and have no invoice, the oldest first."""
    paging = Paging("/office/schedule/done", request.args, TABS)
    rows = paging.rows_of(READY, ORDER, company_id=g.company.id)
    return page("booking/office/done.html", "done", rows=[as_row(row, g.company) for row in rows], paging=paging)


@bp.post("/done")
def create():
    """Draft an invoice for each customer, and each quote, of the appointments that were checked."""
    chosen = [number for number in request.form.getlist("appointment", type=int) if 0 < number < 2**31]
    appointments = numbered(chosen[:MOST_AT_ONCE])
    if not appointments:
        raise Refused(_("Choose the appointments to invoice first."))
    together = groupby(appointments, lambda each: (each.customer_id, each.quote_id))
    invoices = [invoicing.draft(list(same), by=g.actor, now=clock.now()) for _whose, same in together]
    db.session.commit()
    told = ngettext("%(num)d draft invoice is created.", "%(num)d draft invoices are created.", len(invoices))
    flash(told, "success")
    return go(invoices[0].office_path if len(invoices) == 1 else url_for("office.invoices.index", show="drafts"))


@bp.post("/<int:number>/invoice")
def create_one(number):
    """The draft invoice of one appointment, which somebody may have created before."""
    invoice = invoicing.draft(numbered([number]) or abort(404), by=g.actor, now=clock.now())
    db.session.commit()
    return go(invoice.office_path)


def numbered(numbers: list[int]) -> list[Appointment]:
    """The company's appointments with these numbers, by customer and quote."""
    wanted = Appointment.company_id == g.company.id, Appointment.number.in_(numbers)
    rows = select(Appointment).where(*wanted).order_by(Appointment.customer_id, Appointment.quote_id, Appointment.id)
    return list(db.session.scalars(rows.options(joinedload(Appointment.service))))


def as_row(row: Row, company: Company) -> Ready:
    what = f"{row.service} · {row.customer}"
    when = f"{company.format_day(row.starts_at)} · {row.staff.split()[0]} · {address(row)}"
    return Ready(row.number, f"/office/schedule/{row.number}", what, when, formats.price_alone(row, company))


ORDER = Order("ready", AppointmentBilling.done_at, AppointmentBilling.id)
READY = (
    select(
        AppointmentBilling.id,
        AppointmentBilling.done_at,
        Appointment.number,
        Appointment.starts_at,
        Service.name.label("service"),
        Service.price,
        Service.price_is_fixed,
        Customer.name.label("customer"),
        StaffMember.name.label("staff"),
        Property.street,
        Property.city,
        Property.region,
        Property.postal_code,
    )
    .select_from(AppointmentBilling)
    .join(Appointment, AppointmentBilling.appointment_id == Appointment.id)
    .join(Appointment.service)
    .join(Appointment.customer)
    .join(Appointment.staff)
    .join(Appointment.place)
    .where(AppointmentBilling.company_id == COMPANY, Appointment.company_id == COMPANY)
    .where(AppointmentBilling.invoice_id.is_(None), ORDER.after)
    .order_by(*ORDER.by)
    .limit(ROWS_AND_ONE)
)
