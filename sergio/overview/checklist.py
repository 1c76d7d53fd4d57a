"""What a company still has to set up: a line for each page that does it, ticked by the facts."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import NamedTuple

from flask import current_app
from sqlalchemy import Row, Select, func, or_, select

from sergio.audit.actor import Actor
from sergio.audit.models import AuditEntry, record
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import SignIn
from sergio.booking.services import Service
from sergio.companies.colors import NEUTRAL
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.service_area.models import ServiceArea
from sergio.staff.models import StaffMember, WorkingHours


class Line(NamedTuple):
    """Something to set up. `endpoint` is the page for it; a line whose page may not be opened is not shown."""

    endpoint: str
    label: str
    text: str
    done: bool


def lines(company: Company) -> list[Line]:
    """All lines, in the order in which they are best done, by one statement."""
    found = db.session.execute(facts(), {"company_id": company.id}).one()
    return list(made(company, found))


def made(company: Company, found: Row):
    settings = "office.settings."
    profile = not company.missing_details
    area = _("Set your service area"), _("Where you work")
    colors = (company.brand, company.accent) != NEUTRAL
    yield Line(settings + "company.edit", _("Complete your profile"), _("Email, phone, and address"), profile)
    yield Line(
        settings + "branding.edit", _("Add your logo"), _("Shown in emails and documents too"), bool(company.logo)
    )
    yield Line(settings + "service_area.edit", *area, found.area)
    yield Line(settings + "branding.edit", _("Choose your colors"), _("Your portal, emails, and documents"), colors)
    yield Line(settings + "services.index", _("Add a service"), _("What customers can book"), found.services)
    yield Line(settings + "hours.index", _("Set your hours"), _("When your team works"), found.hours)
    tried = _("Try it as a customer"), _("With a sample quote, invoice, and appointment")
    yield Line(settings + "test_customer.show", *tried, found.tried)
    yield Line("office.preview.index", _("Preview your portal"), _("See what your customers see"), found.previews)
    yield Line(settings + "team.index", _("Invite your team"), _("Everyone gets their own sign-in"), found.invited)
    yield Line(
        "office.customers.records.new", _("Add your first customer"), _("To send quotes and invoices"), found.customers
    )
    if company.has_portal:
        first = _("Invite your first customer"), _("They get an email with a link to your portal")
        yield Line("office.customers.invitations.index", *first, found.customer_invited)


@cache
def facts() -> Select:
    """Whether the company has one of each, in one row."""
    present = StaffMember.company_id == COMPANY, StaffMember.left_at.is_(None)
    members = select(func.count()).where(*present)
    customers_signed_in = exists(SignIn, SignIn.contact_id.is_not(None))
    return select(
        exists(ServiceArea).label("area"),
        exists(Service, Service.bookable).label("services"),
        exists(WorkingHours, WorkingHours.staff_id.in_(select(StaffMember.id).where(*present))).label("hours"),
        or_(exists(Customer, Customer.is_test), exists(AuditEntry, *TEST_CUSTOMER_DELETED)).label("tried"),
        exists(AuditEntry, AuditEntry.subject == "preview").label("previews"),
        or_(members.scalar_subquery() > 1, customers_signed_in).label("invited"),
        exists(Customer, ~Customer.is_test).label("customers"),
        or_(exists(PortalInvitation), customers_signed_in).label("customer_invited"),
    )


TEST_CUSTOMER_DELETED = AuditEntry.subject == "customer", AuditEntry.action == "deleted"
"""No other customer is ever deleted."""


def exists(table, *conditions):
    return select(table.company_id).where(table.company_id == COMPANY, *conditions).exists()


def open_to(all_lines: list[Line], may_open: Callable[[str], bool]) -> list[Line]:
    """The lines whose page a person may open."""
    return [line for line in all_lines if may_open(line.endpoint)]


def is_done(company: Company) -> bool:
    """Whether all is done for which this program has a page."""
    return all(line.done for line in open_to(lines(company), lambda endpoint: endpoint in current_app.view_functions))


def hide(company: Company, *, by: Actor, at: datetime):
    """Take the checklist off the dashboard, done or not."""
    if company.checklist_since:
        company.checklist_since = None
        record(company, "hid_checklist", by=by, at=at)


def finish(company: Company, *, by: Actor, at: datetime):
    """Take it off the dashboard where all `is_done`."""
    if is_done(company):
        company.checklist_since = None
        record(company, "finished_checklist", by=by, at=at)


def bring_back(company: Company, *, by: Actor, at: datetime):
    if company.checklist_since is None:
        company.checklist_since = at
        record(company, "brought_back_checklist", by=by, at=at)
