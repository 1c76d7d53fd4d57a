"""Appointments as a CSV file, the latest first."""

from collections.abc import Iterator
from functools import cache
from itertools import chain

from sqlalchemy import Select, select

from sergio.booking import labels
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.statuses import status_of
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property, is_real
from sergio.database.company_scope import COMPANY
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.postal import address
from sergio.staff.models import StaffMember
from sergio.web import spreadsheets
from sergio.web.paging import Order

BATCH = 500
"""Rows that are read at once."""
LATEST = Order("latest", Appointment.starts_at, Appointment.id, descending=True)


def table(company: Company) -> Iterator[list[list]]:
    """All appointments of real customers, as batches of rows; the first batch has the headings."""
    headings = [
        *(_("Number"), _("Starts"), _("Ends"), _("Service"), _("Customer"), _("Service address")),
        *(_("Technician"), _("Status"), _("Notes")),
    ]

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        rows = session.execute(batch(), {"company_id": company.id, **place}).all()
        return [in_file(row, company) for row in rows], LATEST.following(rows, BATCH)

    return chain([[headings]], spreadsheets.in_batches(read, LATEST.begin))


@cache
def batch() -> Select:
    times = (Appointment.starts_at, Appointment.ends_at, Appointment.completed_at, Appointment.canceled_at)
    about = (Appointment.id, Appointment.number, *times, Appointment.approval, Appointment.notes)
    names = (Service.name.label("service"), Customer.name.label("customer"), StaffMember.name.label("staff"))
    places = (Property.street, Property.city, Property.region, Property.postal_code)
    rows = select(*about, *names, *places).select_from(Appointment)
    for part in (Appointment.service, Appointment.customer, Appointment.staff, Appointment.place):
        rows = rows.join(part)
    mine = Appointment.company_id == COMPANY, is_real(Appointment.number)
    return rows.where(*mine, LATEST.after).order_by(*LATEST.by).limit(BATCH)


def in_file(row, company: Company) -> list:
    times = [spreadsheets.moment(at, company.zone) for at in (row.starts_at, row.ends_at)]
    status = str(labels.status_label(status_of(row, clock.now())))
    return [row.number, *times, row.service, row.customer, address(row), row.staff, status, row.notes]
