"""The waitlist, part of the models: who waits for which times, and times that are offered to them one after the other.

What is offered is held for two hours, with the quarter hours of an appointment under the same unique key.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Index, Select, String, UniqueConstraint, bindparam, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.audit.models import record
from sergio.booking import holds, online_emails
from sergio.booking.availability import Availability
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property
from sergio.database import locks
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.service_area.coverage import IN, Address, covers
from sergio.service_area.models import AREA_VERSION, area_at
from sergio.service_area.travel import trips_to

MORNING, AFTERNOON = PARTS = ("morning", "afternoon")
LEFT, BOOKED = OUTCOMES = ("left", "booked")
NOON = 12
OFFERED = timedelta(hours=2)
MOST_OFFERED = 50
"""The latest times that were offered are remembered, so that none is offered twice to one customer."""
ACTIVE = text("ended_at IS NULL")


class WaitlistEntry(CompanyOwned, Model):
    """The times that a contact waits for; each has one such wish at most. Without `weekdays` (0 is Monday), every day
    suits, and without a `day_part` the whole day. `until_on` is the last day. The `outcome` of one that has ended by
    itself is empty.

    `offered` are the times that were offered, in ISO format. The one that is offered now is its `BookingHold`.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        *within_company(customer_id="customer", contact_id="contact", service_id="service", property_id="property"),
        Index(
            "uq_waitlist_entry_active",
            *("company_id", "contact_id"),
            unique=True,
            sqlite_where=ACTIVE,
        ),
        Index(None, "company_id", "customer_id"),
        Index(None, "company_id", "created_at", "id"),
        one_of("day_part", ("", *PARTS)),
        one_of("outcome", ("", *OUTCOMES)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    service_id: Mapped[int] = mapped_column()
    property_id: Mapped[int] = mapped_column()
    weekdays: Mapped[list] = mapped_column(default=list)
    day_part: Mapped[str] = mapped_column(String(20), default="")
    until_on: Mapped[date]
    offered: Mapped[list] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(20), default="")

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    service: Mapped[Service] = relationship(foreign_keys=service_id)
    place: Mapped[Property] = relationship(foreign_keys=property_id)
    hold: Mapped[BookingHold | None] = relationship(
        foreign_keys=BookingHold.entry_id, primaryjoin=lambda: BookingHold.entry_id == WaitlistEntry.id, viewonly=True
    )

    @classmethod
    def companies(cls) -> Select:
        """The companies at which somebody waits."""
        waits = select(cls.id).where(cls.company_id == Company.id, cls.ended_at.is_(None))
        return select(Company).where(waits.exists()).execution_options(**EVERY_COMPANY)

    @classmethod
    def active(cls, company: Company, now: datetime) -> Select:
        """Those who wait for what can be booked, and have no offer, the oldest first."""
        held = select(BookingHold.entry_id).where(BookingHold.company_id == company.id, BookingHold.entry_id == cls.id)
        waits = cls.company_id == company.id, cls.ended_at.is_(None), cls.until_on >= company.day(now), ~held.exists()
        rows = select(cls).join(cls.contact).join(cls.service).join(cls.place).where(*waits)
        there = Contact.left_at.is_(None), Service.bookable, Property.archived_at.is_(None)
        return rows.where(*there).order_by(cls.created_at, cls.id)

    @classmethod
    def perhaps_over(cls, now: datetime) -> Select:
        """Those of all companies whose last day is today or before in UTC, or whose contact has left."""
        over = or_(cls.until_on <= now.date(), Contact.left_at.is_not(None))
        rows = select(cls).join(cls.contact).where(cls.ended_at.is_(None), over).order_by(cls.id)
        return rows.execution_options(**EVERY_COMPANY)

    @classmethod
    def join(cls, contact: Contact, service: Service, place: Property, *, by: Actor, now: datetime, **wishes):
        """Wait for times from now on; `wishes` are `weekdays`, `day_part` and `until_on`."""
        holds.lock(contact)
        if db.session.scalar(OWN_ENTRY, whose(contact)):
            raise Refused(_("You are already on the waitlist. Leave it first to wait for something else."))
        facts = {"customer": contact.customer, "contact": contact, "service": service, "place": place}
        entry = cls(company_id=contact.company_id, created_at=now, **facts, **wishes)
        db.session.add(entry)
        record(entry, "joined_waitlist", by=by, at=now, after={"service": service.name})
        return entry

    def leave(self, *, by: Actor, now: datetime):
        """Wait no longer; what is offered is free for the next."""
        self._lock()
        if self.ended_at is None:
            self._withdraw_offer()
            self.ended_at, self.outcome = now, LEFT
            record(self, "left_waitlist", by=by, at=now)

    def is_over(self, now: datetime) -> bool:
        """Whether the last day has passed, or the contact has left."""
        return self.until_on < self.company.day(now) or self.contact.left_at is not None

    def end(self, *, now: datetime):
        """Nothing was found in time."""
        self._lock()
        if self.ended_at is None:
            self._withdraw_offer()
            self.ended_at = now
            record(self, "ended", by=BY_SYSTEM, at=now)

    def decline(self, *, by: Actor, now: datetime):
        """Not this time, but perhaps another."""
        self._lock()
        self._withdraw_offer()
        record(self, "declined_offer", by=by, at=now)

    def accept(self, *, by: Actor, now: datetime) -> Appointment:
        """Book what is offered. An offer that is over counts as long as nobody else has taken the time."""
        holds.lock(self.contact)
        self._lock()
        held = self.offer_now
        if self.ended_at or held is None:
            raise Refused(_("This time is no longer offered. We'll email you when another one is free."))
        availability = self.availability(now, held)
        status = covers(*self._where).status
        said = {"notes": "", "answers": [], "area": "" if status == IN else status, "by": by, "now": now}
        appointment = Appointment.book(availability, self.contact, self.place, held.starts_at, **said)
        self.ended_at, self.outcome = now, BOOKED
        record(self, "left_waitlist", by=by, at=now, after={"appointment": appointment.number})
        return appointment

    def offer(self, starts_at: datetime, *, now: datetime):
        """Hold a time for them, and email them. Raises `Taken` or `Refused` where it cannot be had any more."""
        locks.lock_until_commit(db.session, tokens.digest(f"waitlist of {self.company_id}"))
        self._lock()
        if self.ended_at or self.offer_now:
            return
        availability = self.availability(now)
        staff_ids = availability.staff_at(starts_at)
        held = BookingHold(company_id=self.company_id, contact_id=self.contact_id, entry_id=self.id, typed={})
        held.move(self.service, self.place, starts_at, staff_ids, now=now, until=now + OFFERED)
        self.offered = [*self.offered, starts_at.isoformat()][-MOST_OFFERED:]
        record(self, "offered", by=BY_SYSTEM, at=now, after={"starts_at": starts_at.isoformat()})
        online_emails.offered(self, held)

    @property
    def offer_now(self) -> BookingHold | None:
        """What is held for them, or was until now."""
        of_entry = {"company_id": self.company_id, "entry_id": self.id}
        return db.session.scalars(OFFER, of_entry, execution_options={"populate_existing": True}).first()

    def availability(self, now: datetime, held: BookingHold | None = None) -> Availability:
        area, address = self._where
        return Availability(self.service, now=now, trips=trips_to(area, address, self.property_id), hold=held)

    def first_fit(self, now: datetime, but: set[datetime]) -> datetime | None:
        """The first free time that suits them and that can wait for their answer; None if there is none."""
        free = self.availability(now)
        times = (at for day in free.days for at in free.on(day) if at > now + OFFERED)
        offered = set(self.offered)
        return next((at for at in times if at not in but and at.isoformat() not in offered and self.suits(at)), None)

    def suits(self, starts_at: datetime) -> bool:
        local = starts_at.astimezone(self.company.zone)
        in_part = not self.day_part or (self.day_part == MORNING) == (local.hour < NOON)
        return in_part and local.date() <= self.until_on and (not self.weekdays or local.weekday() in self.weekdays)

    @property
    def _where(self) -> tuple:
        """The company's service area, and the address."""
        version = db.session.scalar(select(AREA_VERSION), {"company_id": self.company_id})
        return area_at(version, self.company), Address.of(self.place)

    def _withdraw_offer(self):
        if held := self.offer_now:
            held.give_up()

    def _lock(self):
        db.session.refresh(self, with_for_update={"of": WaitlistEntry})


OWN_ENTRY = select(WaitlistEntry).where(
    WaitlistEntry.company_id == COMPANY,
    WaitlistEntry.contact_id == bindparam("contact_id"),
    WaitlistEntry.ended_at.is_(None),
)
LATEST_ENTRY = (
    select(WaitlistEntry)
    .where(WaitlistEntry.company_id == COMPANY, WaitlistEntry.customer_id == bindparam("customer_id"))
    .where(WaitlistEntry.contact_id == bindparam("contact_id"))
    .order_by(WaitlistEntry.id.desc())
    .limit(1)
)
NUMBERED = select(WaitlistEntry).where(
    WaitlistEntry.company_id == COMPANY,
    WaitlistEntry.contact_id == bindparam("contact_id"),
    WaitlistEntry.id == bindparam("number"),
)
OFFER = select(BookingHold).where(BookingHold.company_id == COMPANY, BookingHold.entry_id == bindparam("entry_id"))


def whose(contact: Contact) -> dict:
    """The parameters of `OWN_ENTRY` and `LATEST_ENTRY`."""
    return {"company_id": contact.company_id, "customer_id": contact.customer_id, "contact_id": contact.id}


def may_offer(company: Company, now: datetime) -> bool:
    """Whether it is outside of the company's quiet hours, and customers can book."""
    return company.booking_open and company.quiet_around(now) is None


def fits(entries: Iterable[WaitlistEntry], now: datetime) -> dict[int, datetime]:
    """The time to offer to each entry, by its id: of two who want the same, the first gets it."""
    found: dict[int, datetime] = {}
    for entry in entries:
        if at := entry.first_fit(now, set(found.values())):
            found[entry.id] = at
    return found
