"""What was done at an appointment, as its pages show it: progress, notes, photos, in one statement."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Integer, Select, String, bindparam, cast, literal, null, select, union_all

from sergio.booking import formats
from sergio.booking.invoicing import AppointmentBilling
from sergio.booking.models import Appointment
from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AFTER, BEFORE, CUSTOMER, OTHER, AppointmentPhoto
from sergio.booking.progress import DONE, ON_WAY, STARTED, AppointmentStep, is_of_now
from sergio.booking.services import Service
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.staff.models import StaffMember

STEP, NOTE, PHOTO, PAST, INVOICE = "step", "note", "photo", "past", "invoice"
MOST_PAST = 3
KINDS = {BEFORE: _l("Before"), AFTER: _l("After"), OTHER: _l("Other photos")}
MINUTE = timedelta(minutes=1)


class Row(NamedTuple):
    """A row of any kind. `detail` is the kind of a photo, `number` and `other` are its width and height; of a step,
    `number` is how many minutes the way was expected to take.
    """

    row: str
    id: int
    at: datetime
    by: str
    text: str
    detail: str
    number: int | None
    other: int | None
    public: bool | None
    staff_id: int | None

    @property
    def kind(self) -> str:
        return self.detail


@dataclass
class Shown:
    """Everything of one appointment; `steps` are those that count now, `photos` are those of staff."""

    appointment: Appointment
    steps: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    photos: list[Row] = field(default_factory=list)
    from_customer: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    invoice: Row | None = None

    def step(self, kind: str) -> Row | None:
        return next((step for step in self.steps if step.kind == kind), None)

    @property
    def under_way(self) -> str:
        """ "On the way" or "Started", while that is so."""
        labels = {ON_WAY: _("On the way"), STARTED: _("Started")}
        is_over = self.appointment.completed_at or self.appointment.canceled_at
        return labels.get(self.steps[-1].kind, "") if self.steps and not is_over else ""

    @property
    def photos_by_kind(self) -> list[tuple[str, list[Row]]]:
        """The label of each kind that there is, with its photos."""
        found = [(str(label), [row for row in self.photos if row.kind == kind]) for kind, label in KINDS.items()]
        return [(label, rows) for label, rows in found if rows]

    @property
    def all_photos_by_kind(self) -> list[tuple[str, list[Row]]]:
        """The same for staff: the customer's come first."""
        return [*([(_("From the customer"), self.from_customer)] if self.from_customer else []), *self.photos_by_kind]

    @property
    def worked(self) -> str:
        """How long the work took, "1 hour 58 minutes"; empty if its start or end is not known."""
        started, done = self.step(STARTED), self.step(DONE)
        if not started or not done or done.at < started.at:
            return ""
        return formats.length(max(1, (done.at - started.at) // MINUTE))

    @property
    def progress(self) -> list[str]:
        """Each step as a sentence."""
        return [self._sentence(step) for step in self.steps]

    def past_entries(self, own_staff_id: int | None) -> list[tuple]:
        """The last appointments at the address, for `ui.timeline`; a technician opens only their own."""
        company = self.appointment.company
        return [
            (
                company.format_day(row.at),
                row.text,
                _("by %(name)s", name=row.by),
                None,
                f"/office/schedule/{row.number}" if own_staff_id in (None, row.staff_id) else None,
            )
            for row in reversed(self.past)
        ]

    def _sentence(self, step: Row) -> str:
        company = self.appointment.company
        time = company.format_time(step.at)
        if step.kind == STARTED:
            return _("Started at %(time)s.", time=time)
        if step.kind == DONE:
            same_day = company.day(step.at) == company.day(self.appointment.starts_at)
            return _("Done at %(time)s.", time=time if same_day else company.format_moment(step.at))
        return self._on_the_way(step, time)

    def _on_the_way(self, step: Row, time: str) -> str:
        if self.steps[-1] is not step:
            return _("On the way at %(time)s.", time=time)
        if not step.number:
            return _("On the way since %(time)s.", time=time)
        arrival = self.appointment.company.format_time(step.at + step.number * MINUTE)
        return _("On the way since %(time)s, expected at about %(arrival)s.", time=time, arrival=arrival)


def for_staff(appointment: Appointment) -> Shown:
    """With all notes and photos, the last appointments at the address, and the invoice."""
    return gathered(appointment, of_staff())


def for_customer(appointment: Appointment) -> Shown:
    """With the notes and photos that customers see at this company, and with their own photos."""
    company = appointment.company
    return gathered(appointment, of_portal(shows_notes=company.shows_notes, shows_photos=company.shows_photos))


def gathered(appointment: Appointment, statement: Select) -> Shown:
    whose = {"company_id": appointment.company_id, "appointment_id": appointment.id}
    place = {"property_id": appointment.property_id, "before": appointment.starts_at}
    rows = [Row(*row) for row in db.rows(statement, whose | place)]
    found = Shown(appointment)
    lists = {STEP: found.steps, NOTE: found.notes, PHOTO: found.photos, PAST: found.past}
    for row in rows:
        if row.row == INVOICE:
            found.invoice = row
        elif row.row == PHOTO and row.kind == CUSTOMER:
            found.from_customer.append(row)
        elif row.row != STEP or is_of_now(appointment, row):
            lists[row.row].append(row)
    return found


@cache
def of_staff() -> Select:
    return in_order(steps(), notes(), photos(), past(), invoices())


@cache
def of_portal(*, shows_notes: bool, shows_photos: bool) -> Select:
    seen = photos().where(AppointmentPhoto.seen_by_customer(shows_photos=shows_photos))
    return in_order(steps(), seen, *([notes().where(AppointmentNote.public)] if shows_notes else []))


def in_order(*parts: Select) -> Select:
    rows = union_all(*parts).subquery()
    return select(rows).order_by(rows.c.at, rows.c.id)


def columns(row: str, table: Any, *, text: Any, at: Any = None, by: Any = None, **more) -> Select:
    """The columns of `Row`, those not given as NULL."""
    types = {"detail": String, "number": Integer, "other": Integer, "public": Boolean, "staff_id": Integer}
    given = {name: more.get(name, cast(null(), kind)).label(name) for name, kind in types.items()}
    when, who = (table.at if at is None else at), (table.by if by is None else by)
    facts = (literal(row).label("row"), table.id.label("id"), when.label("at"), who.label("by"), text.label("text"))
    return select(*facts, *given.values()).where(table.company_id == COMPANY)


APPOINTMENT_ID = bindparam("appointment_id", type_=Integer)


def steps() -> Select:
    step = AppointmentStep
    rows = columns(STEP, step, text=literal(""), detail=step.kind, number=step.minutes, staff_id=step.staff_id)
    return rows.where(step.appointment_id == APPOINTMENT_ID, step.undone_at.is_(None))


def notes() -> Select:
    note = AppointmentNote
    edited = cast(note.edited_at.is_not(None), Integer)
    rows = columns(NOTE, note, text=note.text, number=edited, public=note.public, staff_id=note.staff_id)
    return rows.where(note.appointment_id == APPOINTMENT_ID)


def photos() -> Select:
    photo = AppointmentPhoto
    size = {"number": photo.width, "other": photo.height}
    rows = columns(
        PHOTO, photo, text=photo.caption, detail=photo.kind, **size, public=photo.public, staff_id=photo.staff_id
    )
    return rows.where(photo.appointment_id == APPOINTMENT_ID)


def past() -> Select:
    """The last appointments that were done at the same address."""
    rows = columns(
        PAST,
        Appointment,
        text=Service.name,
        at=Appointment.starts_at,
        by=StaffMember.name,
        number=Appointment.number,
        staff_id=Appointment.staff_id,
    )
    rows = rows.join(Appointment.service).join(Appointment.staff)
    rows = rows.where(
        Appointment.property_id == bindparam("property_id", type_=Integer),
        Appointment.starts_at < bindparam("before", type_=Utc),
        Appointment.canceled_at.is_(None),
    )
    latest = rows.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(MOST_PAST).subquery()
    return select(latest)


def invoices() -> Select:
    """The invoice of the appointment, `text` being its status."""
    billing = AppointmentBilling
    rows = columns(
        INVOICE,
        billing,
        text=Invoice.status,
        at=billing.done_at,
        by=literal(""),
        detail=Invoice.prefix,
        number=Invoice.number,
        other=billing.invoice_id,
    )
    same = Invoice.company_id == billing.company_id, Invoice.id == billing.invoice_id
    return rows.join(Invoice, same[0] & same[1]).where(billing.appointment_id == APPOINTMENT_ID)
