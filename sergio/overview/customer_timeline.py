"""Everything that happened with a customer, for the office: their part of the audit trail, and their emails."""

from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    case,
    cast,
    column,
    literal_column,
    null,
    select,
    union_all,
)

from sergio.audit.models import AuditEntry
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.constants import constant
from sergio.database.engines import Utc
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.models import OutgoingEmail
from sergio.overview import activity_changes, activity_labels
from sergio.web.paging import Order, Paging

EMAIL = "email"
"""The subject of an email itself; what staff did to one has `outgoing_email`."""
SENT, REFUSED, WAITING = "sent", "refused", "waiting"
TABS = {
    "all": _l("All"),
    "quotes": _l("Quotes"),
    "invoices": _l("Invoices"),
    "payments": _l("Payments"),
    "appointments": _l("Appointments"),
    "notes": _l("Notes"),
    "emails": _l("Emails"),
    "sign-ins": _l("Sign-ins"),
    "changes": _l("Changes"),
}
SUBJECTS = {
    "quotes": ("quote",),
    "invoices": ("invoice",),
    "payments": ("payment", "payment_attempt", "refund", "refund_request", "moved_credit", "dispute"),
    "appointments": ("appointment",),
    "notes": ("customer_note",),
    "emails": (EMAIL, "outgoing_email"),
    "sign-ins": ("sign_in",),
    "changes": ("customer", "contact", "property", "address_change"),
}
SUBJECTS["all"] = tuple(subject for subjects in SUBJECTS.values() for subject in subjects)
NOT_SHOWN = ("digest", "version", "staff_id", "customer", "browser", "status")
"""Fields of the audit trail that say nothing here."""
MOST_LINES = 3
SIZE = 10
"""Entries of a page: they stand below all else of the customer."""
SIZE_AND_ONE: ColumnElement[Any] = literal_column(str(SIZE + 1), Integer)
LATEST = Order("latest", column("at", Utc), column("subject", String), column("id", Integer), descending=True)


class Entry(NamedTuple):
    """One entry as the page shows it; `status` colors the badge with the `label`, where there is one."""

    when: str
    title: str
    href: str | None
    who: str
    lines: list[str]
    status: str
    label: str


def page_of(company: Company, customer_id: int, path: str, args) -> tuple[Paging, list[Entry]]:
    """A page of the customer's history, the latest first. `args` is the query string: `show` is one of `TABS`."""
    paging = Paging(path, args, TABS, SIZE)
    rows = paging.rows_of(timeline(paging.show), LATEST, company_id=company.id, customer_id=customer_id)
    return paging, [of_email(row, company) if row.subject == EMAIL else of_entry(row, company) for row in rows]


@cache
def timeline(tab: str) -> Select:
    """The latest of each subject, each read by an index that has them in this order, and the latest of all of them."""
    parts = [latest(emails() if subject == EMAIL else entries(subject)) for subject in SUBJECTS[tab]]
    return select(union_all(*parts).subquery()).order_by(*LATEST.by).limit(SIZE_AND_ONE)


def latest(part: Select) -> Select:
    rows = select(part.subquery()).where(LATEST.after).order_by(*LATEST.by).limit(SIZE_AND_ONE)
    return select(rows.subquery())


CUSTOMER = bindparam("customer_id", type_=Integer)


def entries(subject: str) -> Select:
    facts = (AuditEntry.at, AuditEntry.subject, AuditEntry.id, AuditEntry.action, AuditEntry.number)
    more = (AuditEntry.actor_name.label("who"), AuditEntry.before, AuditEntry.after, constant("").label("text"))
    mine = AuditEntry.company_id == COMPANY, AuditEntry.customer_id == CUSTOMER
    return select(*facts, *more).where(*mine, AuditEntry.subject == constant(subject))


def emails() -> Select:
    """The emails to the customer and about them: `who` is the address, `text` the subject, `action` the outcome."""
    gone, refused = OutgoingEmail.sent_at.is_not(None), OutgoingEmail.refused_at.is_not(None)
    outcome = case((refused, constant(REFUSED)), (gone, constant(SENT)), else_=constant(WAITING))
    when = (OutgoingEmail.created_at.label("at"), constant(EMAIL).label("subject"), OutgoingEmail.id)
    what = (outcome.label("action"), cast(null(), Integer).label("number"), OutgoingEmail.to.label("who"))
    nothing = (cast(null(), JSON).label("before"), cast(null(), JSON).label("after"))
    rows = select(*when, *what, *nothing, OutgoingEmail.subject.label("text"))
    return rows.where(OutgoingEmail.company_id == COMPANY, OutgoingEmail.customer_id == CUSTOMER)


def of_entry(row: Row, company: Company) -> Entry:
    at, subject, _id, action, number, who, *_changed = row
    title = activity_labels.action(action)
    if subject not in ("sign_in", "customer"):
        title = _("%(subject)s: %(action)s", subject=activity_labels.subject(subject, number), action=title)
    href = activity_labels.path(subject, number) if subject != "customer" else None
    return Entry(company.format_moment(at), title, href, who, lines_of(row, company), "", "")


def lines_of(row: Row, company: Company) -> list[str]:
    """The changed values that matter, a line for each."""
    return [*islice(activity_changes.changes(row, company, {}, without=NOT_SHOWN), MOST_LINES)]


BADGES = {
    SENT: ("active", _l("Sent")),
    REFUSED: ("overdue", _l("Not delivered")),
    WAITING: ("draft", _l("Waiting")),
}


def of_email(row: Row, company: Company) -> Entry:
    status, label = BADGES[row.action]
    title = _("Email: %(subject)s", subject=row.text)
    to = _("To %(address)s", address=row.who)
    return Entry(company.format_moment(row.at), title, None, to, [], status, str(label))
