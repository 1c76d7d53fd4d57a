"""Visits: what, where, for whom, by whom and when; and how they are booked, moved and called off."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.booking import formats, slices
from sergio.booking.slots import QUARTER, epoch_minute, instant
from sergio.customers.models import Contact, Customer, Property
from sergio.database import locks
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

UPCOMING, PAST, DONE, CANCELED = "upcoming", "past", "done", "canceled"
MINUTE = timedelta(minutes=1)
STANDS = text("canceled_at IS NULL")
TOLD = ("starts_at", "ends_at", "canceled_at", "staff_id", "sequence")


class Service(CompanyOwned, Model):
    """Something customers can have done: how long it takes and what it costs at least; no price means on request."""

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        at_least("number", 1),
        at_least("minutes", 1),
        at_least("buffer_minutes", 0),
        at_least("price_from", 0),
        at_least("lead_minutes", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000), default="")
    minutes: Mapped[int]
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    price_from: Mapped[int | None]
    lead_minutes: Mapped[int | None]
    bookable: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    only_by: Mapped[list["ServiceStaff"]] = relationship(
        foreign_keys="ServiceStaff.service_id", cascade="all, delete-orphan"
    )

    @classmethod
    def offers(cls):
        """The services customers can book, in the company's order, as rows."""
        facts = (cls.number, cls.name, cls.description, cls.minutes, cls.price_from)
        return select(*facts).where(cls.bookable).order_by(cls.position, cls.number)


class ServiceStaff(CompanyOwned, Model):
    """Somebody who does a service. A service without such rows is done by everyone who can be booked."""

    __table_args__ = within_company(service_id="service", staff_id="staff_member")

    service_id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(primary_key=True)


class Taken(Refused):
    """Somebody else has that time by now."""


class Appointment(CompanyOwned, Model):
    """A visit: what, where, for whom, by whom, from when until when."""

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
        # Pressing "Book" twice books once: the same work at the same place and time is the same visit.
        Index(
            "uq_appointment_same_visit",
            *("property_id", "service_id", "starts_at"),
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        at_least("number", 1),
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
        """A customer's visits, as a select."""
        return select(cls).where(cls.customer_id == customer.id)

    @classmethod
    def is_coming(cls, at: datetime):
        """The condition for visits that will take place or are under way."""
        return cls.canceled_at.is_(None) & (cls.ends_at > at)

    @classmethod
    def is_over(cls, at: datetime):
        """The condition for visits that took place or were called off."""
        return or_(cls.canceled_at.is_not(None), cls.ends_at <= at)

    @classmethod
    def held_by(cls, customer: Customer, at: datetime):
        """How many appointments to come a customer has booked online, as a select."""
        coming = cls.booked_online & cls.is_coming(at) & cls.completed_at.is_(None)
        return select(func.count()).where(cls.customer_id == customer.id, coming)

    @classmethod
    def plan(
        cls, service: Service, contact: Contact, place: Property, starts_at: datetime, staff_ids: list[int], **more
    ) -> "Appointment":
        """Put a visit into the calendar of the first of `staff_ids` who is free then; asks no rule, writes to nobody.

        It joins the session; `starts_at` is on a quarter hour; `more` are further columns, such as `notes` and
        `created_at`. Raises `Taken` when nobody is free.
        """
        company = service.company
        appointment = cls(company=company, number=company.next_number("appointment"), service=service, **more)
        appointment.customer, appointment.contact, appointment.place = contact.customer, contact, place
        appointment.staff_id = staff_ids[0]
        appointment._set_times(starts_at, service.minutes, service.buffer_minutes)
        db.session.add(appointment)
        db.session.flush()
        appointment._hold(staff_ids)
        return appointment

    @classmethod
    def book(cls, openings, contact: Contact, place: Property, starts_at: datetime, *, notes: str, at: datetime):
        """Put a visit into the calendar by the rules of online booking, and tell both sides.

        `openings` are the `Openings` of its service at the instant `at`. Raises `Refused` with the rule that forbids
        `starts_at` or says that this customer holds enough, `Taken` when somebody was quicker.
        """
        locks.lock_until_commit(db.session, tokens.digest(f"bookings of {contact.customer_id}"))
        if db.session.scalar(cls.held_by(contact.customer, at)) >= place.company.most_bookings:
            raise Refused(formats.too_many(place.company))
        staff_ids = openings.staff_at(starts_at)
        more = {"notes": notes, "booked_online": True, "created_at": at}
        appointment = cls.plan(openings.service, contact, place, starts_at, staff_ids, **more)
        appointment._tell("booked", at)
        return appointment

    def reschedule(self, openings, starts_at: datetime, *, by: Contact | StaffMember, at: datetime):
        """Move it to another time, with whoever was to come if they can, and tell both sides.

        The customer must do so in time (`why_not_move`); one that is over is moved by nobody. A time that is forbidden
        (`Refused`) or just gone (`Taken`) leaves the visit as it was.
        """
        self._lock()
        self._refuse(self.why_not_move(at), self._why_over(at), by)
        if starts_at == self.starts_at:
            raise Refused(_("The visit is at that time already."))
        staff_ids = sorted(openings.staff_at(starts_at), key=lambda staff_id: staff_id != self.staff_id)
        move = AppointmentMove(company=self.company, old=self.starts_at, new=starts_at, by=by.name, at=at)
        self._set_times(starts_at, self.minutes, self.buffer_minutes)
        self._hold(staff_ids, slices.held_by(self))
        self.moves.append(move)
        self.sequence += 1
        self._tell("moved", at, move.old)

    def cancel(self, *, by: Contact | StaffMember, at: datetime):
        """Call it off, give its time back, and tell both sides. The customer must do so in time (`why_not_cancel`); one
        that is over is canceled by nobody.
        """
        self._lock()
        self._refuse(self.why_not_cancel(at), self._why_over(at), by)
        self.canceled_at, self.canceled_by = at, by.name
        self.sequence += 1
        slices.release(self)
        self._tell("canceled", at)

    def why_not_move(self, at: datetime) -> str:
        """Why the customer cannot move it online any more; empty while they can."""
        rule = _("Visits can be moved online until %(limit)s before they begin.")
        return self._why_over(at) or self._why_late(at, self.company.reschedule_minutes, rule)

    def why_not_cancel(self, at: datetime) -> str:
        """Why the customer cannot cancel it online any more; empty while they can."""
        rule = _("Visits can be canceled online until %(limit)s before they begin.")
        return self._why_over(at) or self._why_late(at, self.company.cancel_minutes, rule)

    def status(self, at: datetime) -> str:
        """How it stands: UPCOMING, PAST, DONE or CANCELED."""
        return standing(self, at)

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // MINUTE

    @property
    def buffer_minutes(self) -> int:
        return (self.free_at - self.ends_at) // MINUTE

    def _set_times(self, starts_at: datetime, minutes: int, buffer_minutes: int):
        """Begin at `starts_at`; the staff member is free again at a whole quarter hour."""
        self.starts_at, self.ends_at = starts_at, starts_at + minutes * MINUTE
        free = epoch_minute(self.ends_at) + buffer_minutes
        self.free_at = instant(free + -free % QUARTER)
        self.zone = self.company.time_zone
        on_the_wall = starts_at.astimezone(self.company.zone).replace(tzinfo=UTC)
        self.offset_minutes = (on_the_wall - starts_at) // MINUTE

    def _hold(self, staff_ids: list[int], kept: Set = frozenset()):
        """Take the time of the first of `staff_ids` who still has it; `Taken` when nobody has. See `slices.hold`."""
        staff_id = slices.hold(self, staff_ids, kept)
        if staff_id is None:
            raise Taken(formats.taken(self.company, self.starts_at))
        self.staff_id = staff_id
        db.session.flush()
        db.session.expire(self, ["staff"])

    def _tell(self, news: str, at: datetime, old: datetime | None = None):
        """Have the worker write to both sides: two emails written here would keep everybody else who writes waiting."""
        facts = {name: getattr(self, name) for name in TOLD} | {"told_at": at, "old_at": old}
        stood = {name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        jobs.enqueue("booking.tell", news=news, appointment_id=self.id, stood=stood)

    def _lock(self):
        """Read it anew, and let nobody change it before this transaction ends."""
        db.session.refresh(self, with_for_update={"of": Appointment})

    def _why_over(self, at: datetime) -> str:
        if self.canceled_at:
            return _("This visit has been canceled.")
        return _("This visit is over.") if self.completed_at or self.ends_at <= at else ""

    def _why_late(self, at: datetime, minutes: int, rule: str) -> str:
        if at <= self.starts_at - minutes * MINUTE:
            return ""
        return rule % {"limit": formats.length(minutes, self.company.language)}

    def _refuse(self, why_not: str, why_over: str, by: Contact | StaffMember):
        """Say no where there is a reason to: to a customer `why_not`, with whom to turn to; to staff `why_over`."""
        if isinstance(by, StaffMember) and why_over:
            raise Refused(why_over)
        if isinstance(by, Contact) and why_not:
            raise Refused(f"{why_not} {formats.how_to_reach_us(self.company)}")


class AppointmentMove(CompanyOwned, Model):
    """A visit got another time: from when, to when, by whom. Written once."""

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    old: Mapped[datetime]
    new: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


def standing(appointment, at: datetime) -> str:
    """How a visit, or a row with its three ends, stands: UPCOMING, PAST, DONE or CANCELED."""
    if appointment.canceled_at:
        return CANCELED
    if appointment.completed_at:
        return DONE
    return UPCOMING if appointment.ends_at > at else PAST
