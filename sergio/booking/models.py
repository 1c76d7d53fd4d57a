"""Appointments: how an appointment is booked, rescheduled, canceled and completed."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import formats, slices
from sergio.booking.services import Service
from sergio.booking.slots import QUARTER, epoch_minute, instant
from sergio.booking.statuses import APPROVALS, CONFIRMED, DECLINED, REQUESTED, status_of
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property, of_test_customer
from sergio.database import locks
from sergio.database.append_only import append_only_unless
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

MINUTE = timedelta(minutes=1)
NOT_CANCELED = text("canceled_at IS NULL")
CALLED_OFF = text("canceled_at IS NOT NULL")
REQUESTS = text("approval = 'requested' AND canceled_at IS NULL")
SNAPSHOT = ("starts_at", "ends_at", "canceled_at", "staff_id", "sequence", "approval")
"""The values an email about a change needs, as they were right after that change."""


class Taken(Refused):
    """Another appointment has just taken the time."""


class Appointment(CompanyOwned, Model):
    """One service at one place of a customer, done by one staff member.

    The staff member is busy from `starts_at` until `free_at`, which is `ends_at` and the buffer, rounded up to a
    quarter hour. `sequence` rises with each change (RFC 5545). `zone` and `offset_minutes` are those of the company
    when the time was chosen. `answers` are pairs of a question of the service and its answer, as they were then.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        *within_company(service_id="service", staff_id="staff_member"),
        CheckConstraint("starts_at < ends_at AND ends_at <= free_at", name="in_order"),
        Index(None, "company_id", "customer_id", "starts_at"),
        Index(None, "company_id", "starts_at"),
        Index(None, "company_id", "created_at"),
        Index(None, "company_id", "free_at"),
        Index(
            "ix_appointment_canceled", "company_id", "canceled_at", sqlite_where=CALLED_OFF, postgresql_where=CALLED_OFF
        ),
        Index("ix_appointment_requested", "company_id", "starts_at", sqlite_where=REQUESTS, postgresql_where=REQUESTS),
        # Pressing "Book" twice books once: the same service at the same place and time is the same appointment.
        Index(
            "uq_appointment_same_booking",
            *("property_id", "service_id", "starts_at"),
            unique=True,
            sqlite_where=NOT_CANCELED,
            postgresql_where=NOT_CANCELED,
        ),
        at_least("number", 1),
        one_of("approval", APPROVALS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    uid: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()))
    sequence: Mapped[int] = mapped_column(default=0)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    property_id: Mapped[int] = mapped_column()
    service_id: Mapped[int] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    free_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(60))
    offset_minutes: Mapped[int]
    notes: Mapped[str] = mapped_column(String(2000), default="")
    answers: Mapped[list] = mapped_column(default=list)
    approval: Mapped[str] = mapped_column(String(20), default="")
    booked_online: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    completed_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    canceled_by: Mapped[str] = mapped_column(String(120), default="")

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    place: Mapped[Property] = relationship(foreign_keys=property_id)
    service: Mapped[Service] = relationship(foreign_keys=service_id)
    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)
    moves: Mapped[list["AppointmentMove"]] = relationship(
        foreign_keys="AppointmentMove.appointment_id", order_by="AppointmentMove.id"
    )

    @classmethod
    def of(cls, customer: Customer):
        """A customer's appointments, as a select."""
        return select(cls).where(customer.owns(cls))

    @classmethod
    def is_coming(cls, now: datetime | BindParameter[datetime]):
        """The condition for appointments that will take place or are under way."""
        return cls.canceled_at.is_(None) & (cls.ends_at > now)

    @classmethod
    def is_over(cls, now: datetime | BindParameter[datetime]):
        """The condition for appointments that took place or were canceled."""
        return cls.canceled_at.is_not(None) | (cls.ends_at <= now)

    @classmethod
    def is_requested(cls):
        """The condition for appointments that wait for the office's answer; `ix_appointment_requested` finds them."""
        return (cls.approval == literal_column(repr(REQUESTED))) & cls.canceled_at.is_(None)

    @classmethod
    def schedule(
        cls,
        service: Service,
        contact: Contact,
        place: Property,
        starts_at: datetime,
        staff_ids: list[int],
        *,
        by: Actor,
        now: datetime,
        **columns,
    ) -> "Appointment":
        """Add an appointment for the first of `staff_ids` who is free. Checks no rules, sends no email.

        `starts_at` is on a quarter hour; `columns` are further ones, such as `notes`. Raises `Taken` if none of the
        staff is free.
        """
        appointment = cls._create(service, contact, place, starts_at, staff_ids, created_at=now, **columns)
        record(appointment, "scheduled", by=by, at=now, after=appointment._times)
        contact.customer.bring_back(by=by, at=now)
        return appointment

    @classmethod
    def book(
        cls,
        availability,
        contact: Contact,
        place: Property,
        starts_at: datetime,
        *,
        notes: str,
        answers: list[list[str]],
        by: Actor,
        now: datetime,
    ) -> "Appointment":
        """Book by the rules of online booking, and email the customer and the office. If the service needs approval, it
        is a request, which takes the time until staff confirm or decline it.

        `availability` is the service's at `now`. Raises `Refused` with the rule that forbids `starts_at` or if the
        customer has reached the limit, `Taken` if the time was just taken.
        """
        locks.lock_until_commit(db.session, tokens.digest(f"bookings of {contact.customer_id}"))
        limited = {"company_id": contact.company_id, "customer_id": contact.customer_id, "now": now}
        count = db.session.scalar(BOOKED_ONLINE, limited)
        if count >= place.company.most_bookings:
            raise Refused(formats.too_many(place.company))
        staff_ids = availability.staff_at(starts_at)
        service = availability.service
        columns = {"notes": notes, "answers": answers, "booked_online": True, "created_at": now}
        columns["approval"] = REQUESTED if service.asks_approval else ""
        appointment = cls._create(service, contact, place, starts_at, staff_ids, **columns)
        event = appointment.approval or "booked"
        record(appointment, event, by=by, at=now, after=appointment._times)
        contact.customer.bring_back(by=by, at=now)
        appointment._notify(event, now)
        return appointment

    def reschedule(self, availability, starts_at: datetime, *, by: Actor, now: datetime):
        """Move it to another time, with the same staff member if they are free, and email the customer and the office.

        Customers must do so in time (`why_not_move`); staff may until it is over. The new time of a customer needs
        approval if the service does. Raises `Refused` for a forbidden time and `Taken` for one just taken; then nothing
        has changed.
        """
        self._lock()
        self._refuse(self.why_not_move(now), self._why_over(now), by)
        if starts_at == self.starts_at:
            raise Refused(_("The appointment is already at that time."))
        staff_ids = sorted(availability.staff_at(starts_at), key=lambda staff_id: staff_id != self.staff_id)
        before = self._times
        move = AppointmentMove(company=self.company, old=self.starts_at, new=starts_at, by=by.name, at=now)
        self._set_times(self.company, starts_at, self.minutes, self.buffer_minutes)
        self._hold(staff_ids, slices.held_quarters(self))
        self.moves.append(move)
        self.sequence += 1
        if by.is_contact and self.service.asks_approval:
            self.approval = REQUESTED
        record(self, "rescheduled", by=by, at=now, before=before, after=self._times)
        self._notify("moved", now, move.old)

    def cancel(self, *, by: Actor, now: datetime):
        """Cancel it, free its time, and email the customer and the office. Customers must do so in time
        (`why_not_cancel`); staff may until it is over.
        """
        self._lock()
        self._refuse(self.why_not_cancel(now), self._why_over(now), by)
        self.canceled_at, self.canceled_by = now, by.name
        self.sequence += 1
        slices.release(self)
        record(self, "canceled", by=by, at=now, before=self._times, after={"canceled_at": now.isoformat()})
        self._notify("canceled", now)

    def confirm(self, *, by: Actor, now: datetime, seen: int | None = None):
        """Accept a customer's request, and email the customer. `seen` is the `sequence` that the staff member saw."""
        self._answer(CONFIRMED, by, now, seen)
        record(self, "confirmed", by=by, at=now, after=self._times)
        self._notify("confirmed", now)

    def decline(self, message: str, *, by: Actor, now: datetime, seen: int | None = None):
        """Decline a customer's request, free its time, and email the customer, with the office's message if any."""
        self._answer(DECLINED, by, now, seen)
        self.canceled_at, self.canceled_by = now, by.name
        slices.release(self)
        record(self, "declined", by=by, at=now, before=self._times, after={"message": message})
        self._notify("declined", now, message=message)

    def hand_over(self, member: StaffMember, *, by: Actor, now: datetime, seen: int | None = None):
        """Give it to another staff member at its time, and email the customer. Raises `Taken` if they have another
        appointment then; their time off and services are checked before (`handover`), their weekly hours are not.
        """
        self._lock()
        self._refuse("", self._why_over(now), by)
        self._refuse_unseen(seen)
        before = self._times
        self._hold([member.id], slices.held_quarters(self))
        if self._times != before:
            self.sequence += 1
            record(self, "reassigned", by=by, at=now, before=before, after=self._times)
            self._notify("reassigned", now)

    def complete(self, *, by: Actor, now: datetime):
        """Note that the work is done. Only staff may; sends no email."""
        self._lock()
        if by.is_contact:
            raise Refused(_("Only staff can complete an appointment."))
        if self.canceled_at or self.completed_at:
            raise Refused(self._why_over(now))
        if now < self.starts_at:
            raise Refused(_("This appointment has not started yet."))
        self.completed_at = now
        record(self, "completed", by=by, at=now, after={"completed_at": now.isoformat()})

    def why_not_move(self, now: datetime) -> str:
        """Why the customer can no longer move it online; empty while they can."""
        rule = _("Appointments can be rescheduled online up to %(limit)s before they start.")
        return self._why_over(now) or self._why_late(now, self.company.reschedule_minutes, rule)

    def why_not_cancel(self, now: datetime) -> str:
        """Why the customer can no longer cancel it online; empty while they can."""
        rule = _("Appointments can be canceled online up to %(limit)s before they start.")
        return self._why_over(now) or self._why_late(now, self.company.cancel_minutes, rule)

    def status(self, now: datetime) -> str:
        """UPCOMING, REQUESTED, PAST, DONE, CANCELED or DECLINED."""
        return status_of(self, now)

    @property
    def portal_path(self) -> str:
        return f"/portal/appointments/{self.number}"

    @property
    def office_path(self) -> str:
        return f"/office/schedule/{self.number}"

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // MINUTE

    @property
    def buffer_minutes(self) -> int:
        return (self.free_at - self.ends_at) // MINUTE

    @classmethod
    def _create(cls, service, contact, place, starts_at, staff_ids, **columns) -> "Appointment":
        company = service.company
        appointment = cls(
            company_id=company.id,
            number=contact.customer.next_number("appointment"),
            customer_id=contact.customer_id,
            contact_id=contact.id,
            property_id=place.id,
            service_id=service.id,
            staff_id=staff_ids[0],
            **columns,
        )
        appointment._set_times(company, starts_at, service.minutes, service.buffer_minutes)
        db.session.add(appointment)
        db.session.flush()
        appointment._hold(staff_ids)
        return appointment

    @property
    def _times(self) -> dict:
        """Times and staff member, for the audit trail."""
        return {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat(), "staff_id": self.staff_id}

    def _set_times(self, company: Company, starts_at: datetime, minutes: int, buffer_minutes: int):
        self.starts_at, self.ends_at = starts_at, starts_at + minutes * MINUTE
        free = epoch_minute(self.ends_at) + buffer_minutes
        self.free_at = instant(free + -free % QUARTER)
        self.zone = company.time_zone
        self.offset_minutes = (starts_at.astimezone(company.zone).replace(tzinfo=UTC) - starts_at) // MINUTE

    def _hold(self, staff_ids: list[int], kept: Set = frozenset()):
        """Take the time of the first of `staff_ids` who is free (`slices.hold`); raises `Taken` if none is."""
        staff_id = slices.hold(self, staff_ids, kept)
        if staff_id is None:
            raise Taken(formats.taken())
        if staff_id != self.staff_id:
            self.staff_id = staff_id
            db.session.flush()
            db.session.expire(self, ["staff"])

    def _notify(self, event: str, now: datetime, moved_from: datetime | None = None, **more):
        """Enqueue the emails to the customer and the office: writing them here would make all other writers wait."""
        facts = {name: getattr(self, name) for name in SNAPSHOT} | {"changed_at": now, "moved_from": moved_from}
        snapshot = {name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        jobs.enqueue("booking.notify", event=event, appointment_id=self.id, snapshot=snapshot, **more)

    def _lock(self):
        """Read it again and lock it until the commit."""
        db.session.refresh(self, with_for_update={"of": Appointment})

    def _why_over(self, now: datetime) -> str:
        if self.canceled_at:
            return _("This appointment was canceled.")
        return _("This appointment is over.") if self.completed_at or self.ends_at <= now else ""

    def _why_late(self, now: datetime, minutes: int, rule: str) -> str:
        if now <= online_until(self.starts_at, minutes):
            return ""
        return rule % {"limit": formats.length(minutes)}

    def _answer(self, approval: str, by: Actor, now: datetime, seen: int | None):
        self._lock()
        self._refuse("", self._why_over(now), by)
        if self.approval != REQUESTED:
            raise Refused(_("This appointment is not waiting for your approval."))
        self._refuse_unseen(seen)
        self.approval = approval
        self.sequence += 1

    def _refuse_unseen(self, seen: int | None):
        """Raise `Refused` if it has changed since its `sequence` was `seen`."""
        if seen not in (None, self.sequence):
            moment = self.company.format_moment(self.starts_at)
            raise Refused(_("This appointment has changed. It is now on %(moment)s. Check it again.", moment=moment))

    def _refuse(self, refusal_for: str, why_over: str, by: Actor):
        """Raise `Refused`: to a customer with `why_not` and how to reach the company, to staff with `why_over`."""
        if by.is_contact and refusal_for:
            raise Refused(f"{refusal_for} {self.company.how_to_reach}")
        if why_over:
            raise Refused(why_over)


@append_only_unless(of_test_customer("appointment", "appointment_id"))
class AppointmentMove(CompanyOwned, Model):
    """Who moved an appointment from which time to which. Rows are never changed or deleted."""

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        Index(None, "company_id", "at"),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    old: Mapped[datetime]
    new: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


BOOKED_ONLINE = select(func.count(Appointment.id)).where(
    Appointment.company_id == bindparam("company_id"),
    Appointment.customer_id == bindparam("customer_id"),
    Appointment.booked_online,
    Appointment.canceled_at.is_(None),
    Appointment.completed_at.is_(None),
    Appointment.ends_at > bindparam("now"),
)
"""How many upcoming appointments a customer has booked online."""


def online_until(starts_at: datetime, minutes: int) -> datetime:
    """The last moment to change an appointment online that may be changed up to `minutes` before it starts."""
    return starts_at - minutes * MINUTE
