"""A customer's lists of appointments: one statement each, read as rows and formatted for the page."""

from datetime import datetime

from sqlalchemy import BindParameter, and_, bindparam, func, select

from sergio.auth.viewer import Viewer
from sergio.booking import formats, labels
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.statuses import status_of
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_pgettext
from sergio.lib.postal import address
from sergio.staff.models import StaffMember
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

COMING, OVER = "coming", "over"
TABS = {COMING: lazy_pgettext("appointments", "Upcoming"), OVER: lazy_pgettext("appointments", "Past")}


def of_customer(customer: Customer, company: Company, args, now: datetime) -> tuple[Paging, list[dict]]:
    """A page of a customer's upcoming or past appointments. `args` is the query string."""
    paging = Paging("/portal/appointments", args, TABS)
    since = company.history_since(now) if paging.show == OVER else None
    whose = {"company_id": company.id, "customer_id": customer.id, "now": now, "since": since}
    rows = paging.rows_of(PAGES[paging.show], ORDERS[paging.show], **whose)
    return paging, [as_row(row, company, now) | {"path": f"/portal/appointments/{row.number}"} for row in rows]


def on_waitlist(viewer: Viewer, paging: Paging) -> str:
    """The words that lead from the upcoming appointments to the waitlist; empty for who is not on it."""
    whose = viewer.whose | {"contact_id": viewer.shown.id}
    wishes = db.rows(OWN_WISH, whose) if paging.show == COMING else []
    if not wishes:
        return ""
    return _("A time is free for you") if wishes[0].hold_id else _("You're on the waitlist")


OWN_WISH = (
    select(WaitlistEntry.id, BookingHold.id.label("hold_id"))
    .outerjoin(BookingHold, and_(BookingHold.company_id == COMPANY, BookingHold.entry_id == WaitlistEntry.id))
    .where(WaitlistEntry.company_id == COMPANY, WaitlistEntry.contact_id == bindparam("contact_id"))
    .where(WaitlistEntry.ended_at.is_(None))
)
"""What the contact waits for, of which there is one at most, and what is offered to them."""
FACTS = (
    select(
        *(Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.approval),
        *(Service.name.label("service"), StaffMember.name.label("staff"), Appointment.series_id),
        *(Property.street, Property.city, Property.region, Property.postal_code),
    )
    .select_from(Appointment)
    .join(Service)
    .join(StaffMember, Appointment.staff_id == StaffMember.id)
    .join(Property)
    .where(Appointment.company_id == COMPANY)
)
"""The columns every list shows."""

NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
SINCE = Appointment.starts_at >= func.coalesce(bindparam("since", type_=Utc), Appointment.starts_at)
"""The condition for the appointments since an instant; for all of them for NULL."""
WHEN = Appointment.starts_at, Appointment.id
ORDERS = {COMING: Order("coming", *WHEN), OVER: Order("over", *WHEN, descending=True)}
PAGES = {
    tab: FACTS.add_columns(Appointment.id, Appointment.canceled_at, Appointment.completed_at)
    .where(Appointment.customer_id == bindparam("customer_id"), condition, SINCE, ORDERS[tab].after)
    .order_by(*ORDERS[tab].by)
    .limit(ROWS_AND_ONE)
    for tab, condition in ((COMING, Appointment.is_coming(NOW)), (OVER, Appointment.is_over(NOW)))
}


def as_row(row, company: Company, now: datetime) -> dict:
    """A row as pages show it; `status` gives the badge its color."""
    status = status_of(row, now)
    return {
        "date": formats.date_parts(company, row.starts_at),
        "time": formats.span(company, row.starts_at, row.ends_at),
        "service": row.service,
        "who": "" if row.canceled_at else f"{row.staff.split()[0]} · ",
        "place": address(row),
        "repeats": row.series_id is not None,
        "status": status,
        "label": labels.status_label(status),
    }
