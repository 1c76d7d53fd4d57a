"""What the office's schedule is made of: the team with its hours and time off, and the appointments of some days."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from sergio.booking import labels
from sergio.booking.calendars import BusyTime
from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.slots import Day, instant
from sergio.booking.statuses import CANCELED, DONE, PAST, REQUESTED, UPCOMING, status_from
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import language
from sergio.lib.language import gettext as _
from sergio.staff.models import StaffMember, TimeOff, WorkingHours

LONGEST = timedelta(days=14)
"""No appointment takes longer."""
MOST_WAITING = 99
HELD = "held"
"""The status of a time that is held because a customer asks for it instead of another."""
STAFF, HOURS, WAITING, OFF = range(4)
NOW: BindParameter[datetime] = bindparam("now", type_=Utc)


class Person(NamedTuple):
    """A staff member with weekly hours (weekday, opens, closes) and time off (from, until, note)."""

    id: int
    name: str
    hours: list[tuple[int, int, int]]
    off: list[tuple[datetime, datetime, str]]


class Entry(NamedTuple):
    """An appointment, or a time that is `HELD`, on the company's clock, from the day `first` to the day `last`."""

    number: int
    sequence: int
    staff_id: int
    starts_at: datetime
    ends_at: datetime
    first: date
    last: date
    time: str
    customer: str
    service: str
    place: str
    staff: str
    status: str
    label: str

    @property
    def path(self) -> str:
        return f"/office/schedule/{self.number}"


class Wanted(NamedTuple):
    """What to show: the days from `begin` to `end`, of one staff member or all, of a status or all."""

    begin: datetime
    end: datetime
    staff_id: int | None
    status: str


def wanted(days: list[Day], staff_id: int | None, status: str) -> Wanted:
    return Wanted(instant(days[0].stretches[0].begin), instant(days[-1].stretches[-1].end), staff_id, status)


def entries(company: Company, asked: Wanted, now: datetime) -> list[Entry]:
    """The appointments that overlap the days, by time."""
    times = {"begin": asked.begin, "since": asked.begin - LONGEST, "end": asked.end, "staff_id": asked.staff_id}
    rows = db.rows(appointments(asked.status), {"company_id": company.id, "now": now, **times})
    zone, written = company.zone, beside_appointments()
    return [entry(row, zone, now, written) for row in rows]


def entry(row: Row, zone: ZoneInfo, now: datetime, written: dict[str, str]) -> Entry:
    number, sequence, staff_id, starts_at, ends_at, customer, service, place, staff, held, *for_status = row
    approval, completed_at, canceled_at, *_id = for_status
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    last = (end - timedelta(microseconds=1)).date() if end.hour == end.minute == 0 else end.date()
    status = HELD if held else status_from(canceled_at, completed_at, ends_at, approval, now)
    time = language.format_time(start)
    return Entry(
        *(number, sequence, staff_id, starts_at, ends_at, start.date(), last),
        *(time, customer, service, place, staff, status, written[status]),
    )


def beside_appointments() -> dict[str, str]:
    """What is written beside an appointment, by its status; some follow from its time."""
    return {
        **{status: labels.status_label(status) for status in labels.LABELS},
        HELD: _("Asked for"),
        UPCOMING: "",
        PAST: "",
    }


class Team(NamedTuple):
    """Who gets appointments, by name, and how many requests wait for an answer, up to `MOST_WAITING`."""

    people: list[Person]
    waiting: int


def team(company: Company, asked: Wanted, found: list[Entry], now: datetime) -> Team:
    """The team with its hours and time off on the days; who has one of the appointments found belongs to it, too."""
    times = {"begin": asked.begin, "end": asked.end, "staff_id": asked.staff_id, "now": now}
    parts: defaultdict[int, list] = defaultdict(list)
    for row in db.rows(TEAM, {"company_id": company.id, **times}):
        parts[row.part].append(row)
    people = {row.staff_id: Person(row.staff_id, row.name, [], []) for row in parts[STAFF]}
    for each in found:
        if each.staff_id not in people:
            people[each.staff_id] = Person(each.staff_id, each.staff, [], [])
    for row in parts[HOURS]:
        people[row.staff_id].hours.append((row.weekday, row.opens, row.closes))
    for row in parts[OFF]:
        for person in people.values() if row.staff_id is None else filter(None, [people.get(row.staff_id)]):
            person.off.append((row.starts_at, row.ends_at, row.name))
    [waiting] = parts[WAITING]
    return Team(sorted(people.values(), key=lambda person: (person.name, person.id)), waiting.staff_id)


OF_STAFF = Appointment.staff_id == func.coalesce(bindparam("staff_id", type_=Integer), Appointment.staff_id)
"""The condition for the appointments of a staff member; of everyone for NULL."""
IS: dict[str, list[ColumnElement[bool]]] = {
    "": [Appointment.canceled_at.is_(None)],
    UPCOMING: [
        Appointment.canceled_at.is_(None),
        Appointment.completed_at.is_(None),
        Appointment.approval != REQUESTED,
        Appointment.ends_at > NOW,
    ],
    REQUESTED: [
        Appointment.canceled_at.is_(None),
        or_(Appointment.approval == REQUESTED, Appointment.wanted_starts_at.is_not(None)),
    ],
    DONE: [Appointment.completed_at.is_not(None)],
    CANCELED: [Appointment.canceled_at.is_not(None)],
}
"""The conditions of each choice of the filter by status."""


@cache
def appointments(status: str) -> Select:
    """The appointments of the days, and the times that are held beside them."""
    begin, since, end = (bindparam(name, type_=Utc) for name in ("begin", "since", "end"))
    itself = rows_of(Appointment.staff_id, Appointment.starts_at, Appointment.ends_at, held=0)
    itself = itself.where(Appointment.starts_at >= since, Appointment.starts_at < end, Appointment.ends_at > begin)
    parts = [itself.where(OF_STAFF, *IS[status])]
    if status in ("", REQUESTED):
        times = Appointment.wanted_starts_at, Appointment.wanted_free_at
        held = rows_of(Appointment.wanted_staff_id, *times, held=1)
        whose = Appointment.wanted_staff_id == func.coalesce(
            bindparam("staff_id", type_=Integer), Appointment.wanted_staff_id
        )
        parts.append(held.where(Appointment.wanted_free_at > begin, Appointment.wanted_starts_at < end, whose))
    rows = union_all(*parts).subquery()
    return select(rows).order_by(rows.c.starts_at, rows.c.number)


def rows_of(staff_id, starts_at, ends_at, *, held: int) -> Select:
    """Rows of what `entry` shows, and then of what its status follows from."""
    facts = (Appointment.number, Appointment.sequence, staff_id.label("staff_id"))
    times = (starts_at.label("starts_at"), ends_at.label("ends_at"))
    names = (Customer.name.label("customer"), Service.name.label("service"))
    for_status = (Appointment.approval, Appointment.completed_at, Appointment.canceled_at)
    who = (Property.street, StaffMember.name.label("staff"))
    rows = select(*facts, *times, *names, *who, literal(held).label("held"), *for_status)
    rows = rows.select_from(Appointment).join(Service).join(Property, Appointment.property_id == Property.id)
    rows = rows.join(Customer, Appointment.customer_id == Customer.id).join(StaffMember, staff_id == StaffMember.id)
    return rows.where(Appointment.company_id == COMPANY)


def part(number: int, staff_id, name=None, hours=(), times=()) -> Select:
    """Rows of `TEAM`: all its columns, those that the part does not have as NULL."""
    none, never = cast(null(), Integer), cast(null(), Utc)
    numbered = zip(("weekday", "opens", "closes"), hours or (none,) * 3, strict=True)
    timed = zip(("starts_at", "ends_at"), times or (never,) * 2, strict=True)
    named = literal("", String) if name is None else name
    columns = [column.label(label) for label, column in (*numbered, *timed)]
    return select(literal(number).label("part"), staff_id.label("staff_id"), named.label("name"), *columns)


PRESENT = StaffMember.company_id == COMPANY, StaffMember.left_at.is_(None), StaffMember.bookable
ASKED_ABOUT = union_all(
    select(Appointment.id).where(Appointment.company_id == COMPANY, Appointment.awaits_answer(NOW)),
    select(AppointmentChangeRequest.appointment_id)
    .join(Appointment, AppointmentChangeRequest.appointment_id == Appointment.id)
    .where(*AppointmentChangeRequest.can_be_answered(), Appointment.is_coming(NOW)),
)
"""The ids of appointments about which a customer asks something that the office can still answer."""
FEW_WAITING = ASKED_ABOUT.limit(MOST_WAITING).subquery()
ONE = StaffMember.id == func.coalesce(bindparam("staff_id", type_=Integer), StaffMember.id)
TEAM = union_all(
    part(STAFF, StaffMember.id, StaffMember.name).where(*PRESENT, ONE),
    part(HOURS, StaffMember.id, None, (WorkingHours.weekday, WorkingHours.opens, WorkingHours.closes))
    .join(WorkingHours, WorkingHours.staff_id == StaffMember.id)
    .where(*PRESENT, ONE),
    part(WAITING, select(func.count()).select_from(FEW_WAITING).scalar_subquery()),
    part(OFF, TimeOff.staff_id, TimeOff.note, (), (TimeOff.starts_at, TimeOff.ends_at)).where(
        TimeOff.company_id == COMPANY,
        TimeOff.starts_at < bindparam("end", type_=Utc),
        TimeOff.ends_at > bindparam("begin", type_=Utc),
    ),
    part(OFF, BusyTime.staff_id, None, (), (BusyTime.starts_at, BusyTime.ends_at)).where(
        BusyTime.company_id == COMPANY,
        BusyTime.starts_at < bindparam("end", type_=Utc),
        BusyTime.ends_at > bindparam("begin", type_=Utc),
    ),
).order_by("part")
"""Staff who get appointments, their weekly hours, the time off and busy times on the days (of everyone without a staff
id), and how many requests wait, in the column of staff ids.
"""
