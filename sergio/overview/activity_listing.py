"""The activity log as rows: filtered, newest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Select, bindparam, select

from sergio.audit.actor import KINDS
from sergio.audit.models import AuditEntry
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.overview import activity_changes, activity_labels
from sergio.staff.models import StaffMember
from sergio.web import spreadsheets
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

BATCH = 500
"""Rows of a download that are read per statement."""
SIGN_IN = "sign_in"
"""The subject of "Signed in" and "Signed out", which is not repeated."""
FIRST_YEAR, LAST_YEAR = 2000, 2999
BEGINNING, END = (datetime(year, 1, 1, tzinfo=UTC) for year in (FIRST_YEAR, LAST_YEAR + 2))
NEWEST = Order("newest", AuditEntry.at, AuditEntry.id, descending=True)
COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_kind,
    AuditEntry.actor_id,
    AuditEntry.actor_name,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.number,
    AuditEntry.before,
    AuditEntry.after,
    AuditEntry.ip_address,
)


class Filter(NamedTuple):
    """The filter of a query string: `who` is a kind of actor ("staff") or one of them ("staff-3"), `about` a table, the
    days are the company's and inclusive. Invalid values are ignored.
    """

    who: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def from_query(cls, args) -> "Filter":
        kind, _dash, number = args.get("who", "").partition("-")
        known = kind in KINDS and (not number or (number.isascii() and number.isdigit() and len(number) < 10))
        who = args.get("who", "") if known else ""
        about = args.get("about", "") if args.get("about") in activity_labels.SUBJECTS else ""
        return cls(who, about, day(args.get("from")), day(args.get("to")))

    @property
    def query(self) -> dict[str, str]:
        """The query string of the same filter, without empty values."""
        days = {name: on.isoformat() for name, on in (("from", self.first), ("to", self.last)) if on}
        return {**{name: value for name, value in (("who", self.who), ("about", self.about)) if value}, **days}

    @property
    def shape(self) -> dict[str, bool]:
        """Which conditions it has: see `matching`."""
        kind, _dash, number = self.who.partition("-")
        return {"kind": bool(kind), "person": bool(number), "about": bool(self.about)}

    def parameters(self, company: Company) -> dict:
        """The parameters of `matching`."""
        kind, _dash, number = self.who.partition("-")
        begin = midnight(self.first, company) if self.first else BEGINNING
        end = midnight(self.last + timedelta(days=1), company) if self.last else END
        asked = {"kind": kind, "person": int(number or 0), "about": self.about, "begin": begin, "end": end}
        return {"company_id": company.id, **asked}


@cache
def matching(*, kind: bool, person: bool, about: bool) -> Select:
    """A company's entries, newest first, of a kind of actors or one person, and about one table; each is read by an
    index that has them in this order.
    """
    wanted = [AuditEntry.company_id == COMPANY]
    if kind:
        wanted.append(AuditEntry.actor_kind == bindparam("kind"))
    if person:
        wanted.append(AuditEntry.actor_id == bindparam("person"))
    if about:
        wanted.append(AuditEntry.subject == bindparam("about"))
    days = AuditEntry.at >= bindparam("begin", type_=Utc), AuditEntry.at < bindparam("end", type_=Utc)
    return select(*COLUMNS).where(*wanted, *days, NEWEST.after).order_by(*NEWEST.by)


def day(text: str | None) -> date | None:
    """A day such as "2026-11-24"; None for anything else."""
    try:
        on = date.fromisoformat(text or "")
    except ValueError:
        return None
    return on if FIRST_YEAR <= on.year <= LAST_YEAR else None


def midnight(on: date, company: Company) -> datetime:
    return datetime.combine(on, time(), company.zone)


def page_of(company: Company, chosen: Filter, paging: Paging) -> list[dict]:
    """A page of the entries, newest first, in one statement."""
    rows = paging.rows_of(entries_page(**chosen.shape), NEWEST, **chosen.parameters(company))
    staff = staff_named_in(rows, company, db.session)
    return [as_row(row, company, staff) for row in rows]


@cache
def entries_page(**shape: bool) -> Select:
    return matching(**shape).limit(ROWS_AND_ONE)


def staff_named_in(rows: Sequence, company: Company, session) -> dict[int, str]:
    """The names, by id, of the staff members whom the changes of the entries mention."""
    ids = {values["staff_id"] for row in rows for values in (row.before, row.after) if "staff_id" in values}
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(STAFF, {"company_id": company.id, "ids": list(ids)})}


STAFF = select(StaffMember.id, StaffMember.name).where(
    StaffMember.company_id == COMPANY, StaffMember.id.in_(bindparam("ids", expanding=True))
)


def as_row(row, company: Company, staff: dict[int, str]) -> dict:
    """An entry as the page shows it."""
    return {
        "when": company.format_moment(row.at),
        "who": row.actor_name,
        "kind": activity_labels.ACTORS[row.actor_kind],
        "filter": f"{row.actor_kind}-{row.actor_id}" if row.actor_id else row.actor_kind,
        "action": activity_labels.action(row.action),
        "subject": "" if row.subject == SIGN_IN else activity_labels.subject(row.subject, row.number),
        "path": activity_labels.path(row.subject, row.number),
        "changes": list(activity_changes.changes(row, company, staff)),
        "ip_address": row.ip_address,
    }


def table(company: Company, chosen: Filter) -> Iterator[list[list]]:
    """All matching entries, as batches of rows of a file; the first batch has the headings."""
    headings = [_("Time"), _("Person"), _("Kind"), _("Action"), _("Subject"), _("Changes"), _("IP address")]
    asked = chosen.parameters(company)

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        rows = session.execute(batch(**chosen.shape), asked | place).all()
        staff = staff_named_in(rows, company, session)
        return [in_file(row, company, staff) for row in rows], NEWEST.following(rows, BATCH)

    return chain([[headings]], spreadsheets.in_batches(read, NEWEST.begin))


@cache
def batch(**shape: bool) -> Select:
    return matching(**shape).limit(BATCH)


def in_file(row, company: Company, staff: dict[int, str]) -> list:
    when = row.at.astimezone(company.zone).isoformat(sep=" ", timespec="seconds")
    who = [row.actor_name, str(activity_labels.ACTORS[row.actor_kind])]
    what = [activity_labels.action(row.action), activity_labels.subject(row.subject, row.number)]
    return [when, *who, *what, "; ".join(activity_changes.changes(row, company, staff)), row.ip_address]
