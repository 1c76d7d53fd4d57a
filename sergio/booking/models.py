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
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import change_requests, formats, guarantees, holds, photos, slices
from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.deadlines import Deadlines
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.moves import AppointmentMove, Moves
from sergio.booking.photos import CUSTOMER, AppointmentPhoto
from sergio.booking.requests import Requests
from sergio.booking.series import AppointmentSeries
from sergio.booking.services import Service
from sergio.booking.slices import Taken
from sergio.booking.slots import free_again
from sergio.booking.statuses import APPROVALS, AREAS, REQUESTED, status_of
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes.models import Quote
from sergio.staff.models import StaffMember

MINUTE = timedelta(minutes=1)
NOT_CANCELED = text("canceled_at IS NULL")
CALLED_OFF = text("canceled_at IS NOT NULL")
WANTED = text("wanted_free_at IS NOT NULL")
WAITING = text("waiting_since IS NOT NULL")
OF_QUOTE = text("quote_id IS NOT NULL")
OF_SERIES = text("series_id IS NOT NULL")
ALL_WANTED = (
    "(wanted_starts_at IS NULL) = (wanted_free_at IS NULL) AND (wanted_free_at IS NULL) = (wanted_staff_id IS NULL)"
)
SNAPSHOT = ("starts_at", "ends_at", "canceled_at", "staff_id", "sequence", "approval", "wanted_starts_at", "proposed")
"""The values an email about a change needs, as they were right after that change."""


class Appointment(Requests, Moves, Deadlines, CompanyOwned, Model):
    """One service at one place of a customer, done by one staff member.

    The staff member is busy from `starts_at` until `free_at`, which is `ends_at` and the buffer, rounded up to a
    quarter hour. `sequence` rises with each change (RFC 5545). `zone` and `offset_minutes` are those of the company
    when the time was chosen. `answers` are pairs of a question of the service and its answer, as they were then.

    While a customer's request is unanswered, `waiting_since` is when it was made. A request for another time keeps the
    appointment as it is: `wanted_starts_at` to `wanted_free_at` of the staff member `wanted_staff_id` are held beside
    it. `proposed` are pairs of another time and a staff member that the office offers instead, which nobody holds.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        *within_company(
            service_id="service", staff_id="staff_member", wanted_staff_id="staff_member", quote_id="quote"
        ),
        *within_company(series_id="appointment_series"),
        CheckConstraint(ALL_WANTED, name="all_of_what_is_wanted"),
        CheckConstraint("starts_at < ends_at AND ends_at <= free_at", name="in_order"),
        Index(None, "company_id", "customer_id", "starts_at"),
        Index(None, "company_id", "starts_at"),
        Index(None, "company_id", "created_at"),
        Index(None, "company_id", "free_at"),
        Index("ix_appointment_canceled", "company_id", "canceled_at", sqlite_where=CALLED_OFF),
        Index("ix_appointment_wanted", "company_id", "wanted_free_at", sqlite_where=WANTED),
        Index("ix_appointment_waiting", "company_id", "waiting_since", sqlite_where=WAITING),
        Index("ix_appointment_quote", "company_id", "quote_id", sqlite_where=OF_QUOTE),
        Index(
            "ix_appointment_series",
            *("company_id", "series_id", "starts_at"),
            sqlite_where=OF_SERIES,
        ),
        # Pressing "Book" twice books once: the same service at the same place and time is the same appointment.
        Index(
            "uq_appointment_same_booking",
            *("property_id", "service_id", "starts_at"),
            unique=True,
            sqlite_where=NOT_CANCELED,
        ),
        at_least("number", 1),
        one_of("approval", APPROVALS),
        one_of("area", AREAS),
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
    area: Mapped[str] = mapped_column(String(10), default="", server_default="")
    booked_online: Mapped[bool] = mapped_column(default=False)
    booked_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    completed_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    canceled_by: Mapped[str] = mapped_column(String(120), default="")
    cancel_reason: Mapped[str] = mapped_column(String(500), default="")
    quote_id: Mapped[int | None] = mapped_column()
    series_id: Mapped[int | None] = mapped_column()
    office_note: Mapped[str] = mapped_column(String(2000), default="")
    waiting_since: Mapped[datetime | None]
    wanted_starts_at: Mapped[datetime | None]
    wanted_free_at: Mapped[datetime | None]
    wanted_staff_id: Mapped[int | None] = mapped_column()
    proposed: Mapped[list] = mapped_column(default=list)
    told_at: Mapped[datetime | None]
    """When the customer was last emailed about it, reminders aside."""

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    place: Mapped[Property] = relationship(foreign_keys=property_id)
    service: Mapped[Service] = relationship(foreign_keys=service_id)
    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)
    wanted_staff: Mapped[StaffMember | None] = relationship(foreign_keys=wanted_staff_id)
    quote: Mapped[Quote | None] = relationship(foreign_keys=quote_id)
    guarantee: Mapped[AppointmentGuarantee | None] = relationship(foreign_keys=AppointmentGuarantee.appointment_id)
    series: Mapped[AppointmentSeries | None] = relationship(foreign_keys=series_id)
    moves: Mapped[list["AppointmentMove"]] = relationship(
        foreign_keys="AppointmentMove.appointment_id", order_by="AppointmentMove.id"
    )
    change_requests: Mapped[list["AppointmentChangeRequest"]] = relationship(
        foreign_keys="AppointmentChangeRequest.appointment_id", order_by="AppointmentChangeRequest.id"
    )

    photos_of_customer: Mapped[list[AppointmentPhoto]] = relationship(
        primaryjoin=lambda: (Appointment.id == AppointmentPhoto.appointment_id) & (AppointmentPhoto.kind == CUSTOMER),
        foreign_keys=AppointmentPhoto.appointment_id,
        order_by=AppointmentPhoto.id,
        viewonly=True,
    )

    @classmethod
    def of(cls, customer: Customer):
        """A customer's appointments, as a select."""
        return select(cls).where(customer.owns(cls))

    @classmethod
    def is_coming(cls, now: datetime | BindParameter[datetime]):
        """The condition for appointments that will take place or are under way."""
        return cls.canceled_at.is_(None) & cls.completed_at.is_(None) & (cls.ends_at > now)

    @classmethod
    def is_over(cls, now: datetime | BindParameter[datetime]):
        """The condition for appointments that took place or were canceled."""
        return cls.canceled_at.is_not(None) | cls.completed_at.is_not(None) | (cls.ends_at <= now)

    @classmethod
    def awaits_answer(cls, now: BindParameter[datetime]):
        """The condition for requests that the office can still answer; `ix_appointment_waiting` finds them."""
        itself = cls.wanted_starts_at.is_(None) & (cls.ends_at > now)
        return cls.waiting_since.is_not(None) & (itself | (cls.wanted_starts_at > now))

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
        message: str | None = None,
        **columns,
    ) -> "Appointment":
        """Add an appointment for the first of `staff_ids` who is free. Checks no rules of booking.

        `starts_at` is on a quarter hour; `columns` are further ones, such as `notes` and the `minutes` it takes, which
        are those of the service if left out. The customer gets an email with the office's `message`, and none for None.
        Raises `Taken` if none of the staff is free.
        """
        columns |= {"number": contact.customer.next_number("appointment"), "created_at": now, "booked_by": by.name}
        appointment = cls._create(service, contact, place, starts_at, staff_ids, **columns)
        record(appointment, "scheduled", by=by, at=now, after=appointment._times)
        if message is not None:
            appointment._notify("scheduled", now, message=message)
        contact.customer.bring_back(by=by, at=now)
        return appointment

    @classmethod
    def book(
        cls, availability, contact: Contact, place: Property, starts_at: datetime, *, by: Actor, now: datetime, **said
    ) -> "Appointment":
        """Book by the rules of online booking, and email the customer and the office. If the service needs approval, it
        is a request, which takes the time until staff confirm or decline it; so it is if `area` is one of `AREAS`, or
        the place needs approval. The emails wait for what the service asks for (`guarantees`).

        `availability` is the service's at `now`; `said` are the columns `notes` and `answers`, and `area` if need be.
        Raises `Refused` with the rule that forbids `starts_at` or if the customer has reached the limit, `Taken` if the
        time was just taken.
        """
        holds.lock(contact)
        staff_ids = availability.staff_for(contact, starts_at)
        service = availability.service
        asks = service.asks_approval or said.get("area") or place.needs_approval
        columns = said | {"approval": REQUESTED if asks else "", "booked_online": True, "booked_by": by.name}
        columns |= {"number": contact.customer.next_number("appointment", at_once=True)}
        columns |= {"created_at": now, "told_at": now}
        appointment = cls._create(service, contact, place, starts_at, staff_ids, hold=availability.hold, **columns)
        event = appointment.approval or "booked"
        record(appointment, event, by=by, at=now, after=appointment._times)
        contact.customer.bring_back(by=by, at=now)
        if guarantee := guarantees.ask(appointment, by=by, now=now):
            appointment.guarantee = guarantee
        if guarantee is None or guarantee.given_at:
            appointment._notify(event, now)
        return appointment

    def cancel(self, *, by: Actor, now: datetime, reason: str = "", message: str | None = "", seen: int | None = None):
        """Cancel it and free its time. Customers must do so in time (`why_not_cancel`); staff may until it is over.

        What customers cancel is emailed to both sides. When staff do, the customer gets an email with the `message`,
        and none for None.
        """
        self.lock()
        self._refuse(self.why_not_cancel(now), self.why_over(now), by)
        self.refuse_unseen(seen)
        self._close_request()
        self.canceled_at, self.canceled_by, self.cancel_reason = now, by.name, reason
        self.sequence += 1
        slices.release(self)
        change_requests.close(self, by=by, now=now)
        canceled = {"canceled_at": now.isoformat()} | ({"reason": reason} if reason else {})
        record(self, "canceled", by=by, at=now, before=self._times, after=canceled)
        if message is not None:
            self._notify("canceled" if by.is_contact else "called_off", now, message=message)

    def complete(self, *, by: Actor, now: datetime):
        """Note that the work is done. Only staff may; sends no email."""
        self.lock()
        if by.is_contact:
            raise Refused(_("Only staff can complete an appointment."))
        if self.canceled_at or self.completed_at:
            raise Refused(self.why_over(now))
        if self.company.day(now) < self.company.day(self.starts_at):
            raise Refused(_("This appointment has not started yet."))
        self.completed_at = now
        if self.waiting_since:
            self._close_request()
            slices.release_but(self, self._span)
        record(self, "completed", by=by, at=now, after={"completed_at": now.isoformat()})

    @property
    def open_change_request(self) -> AppointmentChangeRequest | None:
        """What the customer asks for in their own words, until that is answered."""
        return next((each for each in self.change_requests if each.is_open), None)

    @property
    def answered_change_request(self) -> AppointmentChangeRequest | None:
        """The last one, if the office has replied to it and nobody has moved the appointment since."""
        last = self.change_requests[-1] if self.change_requests else None
        if last is None or not last.answered_at or not last.reply:
            return None
        return None if any(move.at > last.answered_at for move in self.moves) else last

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
    def _create(
        cls, service, contact, place, starts_at, staff_ids, minutes=None, hold=None, **columns
    ) -> "Appointment":
        company = service.company
        appointment = cls(
            company_id=company.id,
            customer_id=contact.customer_id,
            contact_id=contact.id,
            property_id=place.id,
            service_id=service.id,
            staff_id=staff_ids[0],
            guarantee=None,
            **columns,
        )
        appointment.waiting_since = appointment.created_at if appointment.approval == REQUESTED else None
        appointment._set_times(company, starts_at, minutes or service.minutes, service.buffer_minutes)
        db.session.add(appointment)
        db.session.flush()
        kept = slices.take_over(appointment, hold) if hold else frozenset()
        appointment._hold(staff_ids, kept, now=appointment.created_at)
        if hold:
            photos.give(hold, hold_id=None, appointment_id=appointment.id)
            db.session.delete(hold)
        return appointment

    @property
    def _times(self) -> dict:
        """Times and staff member, for the audit trail."""
        return {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat(), "staff_id": self.staff_id}

    def _set_times(self, company: Company, starts_at: datetime, minutes: int, buffer_minutes: int):
        self.starts_at, self.ends_at = starts_at, starts_at + minutes * MINUTE
        self.free_at = free_again(self.ends_at, buffer_minutes)
        self.zone = company.time_zone
        self.offset_minutes = (starts_at.astimezone(company.zone).replace(tzinfo=UTC) - starts_at) // MINUTE

    @property
    def _span(self) -> slices.Span:
        return self.staff_id, slices.quarters(self)

    def _hold(self, staff_ids: list[int], kept: Set = frozenset(), *, now: datetime):
        """Take the time of the first of `staff_ids` who is free (`slices.hold`); raises `Taken` if none is. `kept` are
        the quarter hours it has: those that neither it nor a wanted time needs any more are released.
        """
        staff_id = slices.hold(self, staff_ids, slices.quarters(self), kept, now=now)
        if staff_id is None:
            raise Taken(formats.taken())
        if staff_id != self.staff_id:
            self.staff_id = staff_id
            db.session.flush()
            db.session.expire(self, ["staff"])
        if kept:
            slices.release_but(self, self._span, *self._wanted_span)

    def _notify(self, event: str, now: datetime, other_time: datetime | None = None, **more):
        """Enqueue the emails to the customer and the office: writing them here would make all other writers wait.

        `other_time` is one the email names beside its own, such as that of before.
        """
        facts = {name: getattr(self, name) for name in SNAPSHOT} | {"changed_at": now, "other_time": other_time}
        snapshot = {name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        if self.told_at != now:
            self.told_at = now
        jobs.enqueue("booking.notify", event=event, appointment_id=self.id, snapshot=snapshot, **more)

    def lock(self):
        """Read it again and lock it until the commit."""
        db.session.refresh(self, with_for_update={"of": Appointment})


BOOKED_ONLINE = select(func.count(Appointment.id)).where(
    Appointment.company_id == bindparam("company_id"),
    Appointment.customer_id == bindparam("customer_id"),
    Appointment.booked_online,
    Appointment.canceled_at.is_(None),
    Appointment.completed_at.is_(None),
    Appointment.ends_at > bindparam("now"),
)
"""How many upcoming appointments a customer has booked online."""
