"""Times that are held for somebody who is booking, part of the models of appointments.

A hold has the quarter hours that the appointment will have, under the same unique key (`slices`). Once it has expired,
whoever wants the time takes it, and a job frees the rest.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, bindparam, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.booking import formats, photos, slices
from sergio.booking.photos import AppointmentPhoto
from sergio.booking.services import Service
from sergio.booking.slices import Taken
from sergio.booking.slots import free_again
from sergio.customers.models import Contact, Property
from sergio.database import locks
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens

HOLD = timedelta(minutes=10)
AT_ONCE, WITH_PHOTOS_AT_ONCE = 500, 20
KEPT = timedelta(days=1)
"""How long what was typed is kept for somebody who does not go on."""
OF_CONTACT, CHOSEN = ("company_id", "contact_id"), text("entry_id IS NULL")
HELD = text("held_until IS NOT NULL")


class BookingHold(CompanyOwned, Model):
    """The time that a contact or a visitor has chosen, and what they have typed so far; each has one at most. One with
    an `entry_id` is a time that is offered to a contact on the waitlist.

    `held_until` is None once its quarter hours are free again. `created_at` is when the time was chosen, so that the
    minimum notice does not pass while somebody types. `typed` are the values of the form by field.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        Index("uq_booking_hold_chosen", *OF_CONTACT, unique=True, sqlite_where=CHOSEN),
        UniqueConstraint("company_id", "visitor_id"),
        UniqueConstraint("company_id", "entry_id"),
        *within_company(contact_id="contact", service_id="service", property_id="property", staff_id="staff_member"),
        *within_company(visitor_id="booking_visitor", entry_id="waitlist_entry"),
        CheckConstraint("(contact_id IS NULL) = (visitor_id IS NOT NULL)", name="of_one"),
        CheckConstraint("(contact_id IS NULL) = (property_id IS NULL)", name="place_of_a_contact"),
        CheckConstraint("starts_at < free_at", name="in_order"),
        Index(None, "company_id", "contact_id"),
        Index(None, "company_id", "property_id"),
        Index("ix_booking_hold_held", "held_until", sqlite_where=HELD),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column()
    visitor_id: Mapped[int | None] = mapped_column()
    entry_id: Mapped[int | None] = mapped_column()
    service_id: Mapped[int] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime]
    free_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    typed: Mapped[dict] = mapped_column(default=dict)

    service: Mapped[Service] = relationship(foreign_keys=service_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)

    @classmethod
    def take(cls, availability, contact: Contact, place: Property, starts_at: datetime, *, now: datetime):
        """Hold a time for a contact instead of the one they had chosen before. The same time is not held for longer.

        `availability` is the service's at `now`. Raises `Refused` with the rule that forbids the time, `Taken` if it
        was just taken; then the caller rolls back, and the contact keeps the hold they had.
        """
        lock(contact)
        staff_ids = availability.staff_for(contact, starts_at)
        service, hold = availability.service, availability.hold
        if hold and hold.covers(service, starts_at, now) and hold.property_id == place.id:
            return hold
        hold = hold or cls(company_id=contact.company_id, contact_id=contact.id, typed={})
        return hold.move(service, place, starts_at, staff_ids, now=now)

    def move(
        self,
        service: Service,
        place: Property | None,
        starts_at: datetime,
        staff_ids: list[int],
        *,
        now: datetime,
        until: datetime | None = None,
    ) -> "BookingHold":
        """Hold this time from now on, for one of the staff. Raises `Taken` if none is free."""
        self.service_id, self.property_id, self.staff_id = service.id, place.id if place else None, staff_ids[0]
        self.starts_at, self.created_at, self.held_until = starts_at, now, until or now + HOLD
        self.free_at = free_again(starts_at + timedelta(minutes=service.minutes), service.buffer_minutes)
        db.session.add(self)
        db.session.flush()
        self._take_quarters(staff_ids, now)
        return self

    def prolong(self, until: datetime):
        self.held_until = until
        slices.prolong(self)

    def covers(self, service: Service, starts_at: datetime | None, now: datetime) -> bool:
        """Whether it holds that time for that service."""
        return self.is_live(now) and self.service_id == service.id and self.starts_at == starts_at

    def is_live(self, now: datetime) -> bool:
        return self.held_until is not None and now < self.held_until

    def keep(self, typed: dict):
        """Keep what was typed for when they come back to the form."""
        self.typed = typed

    @classmethod
    def expired(cls, now: datetime):
        """The holds of all companies that still have their quarter hours though they should not, each locked."""
        return select(cls).where(cls.held_until <= now).order_by(cls.held_until).limit(AT_ONCE).with_for_update()

    @classmethod
    def delete_old(cls, now: datetime):
        """The statement that deletes those whose people have not gone on, but for `old_with_photos`."""
        with_photos = select(AppointmentPhoto.hold_id).where(AppointmentPhoto.hold_id.is_not(None))
        return delete(cls).where(*cls._is_old(now), cls.id.not_in(with_photos))

    @classmethod
    def old_with_photos(cls, now: datetime):
        """The ids of those of all companies whose people have not gone on, and that have photos, with the contacts."""
        photo = select(AppointmentPhoto.id).where(
            AppointmentPhoto.company_id == cls.company_id, AppointmentPhoto.hold_id == cls.id
        )
        rows = select(cls.id, Contact).join(Contact, cls.contact_id == Contact.id)
        return rows.where(*cls._is_old(now), photo.exists()).order_by(cls.id).limit(WITH_PHOTOS_AT_ONCE)

    @classmethod
    def give_up_old(cls, hold_id: int, contact: Contact, now: datetime):
        """Give up one of these, unless its contact has gone on meanwhile."""
        lock(contact)
        mine = cls.company_id == contact.company_id, cls.id == hold_id
        rows = select(cls).where(*mine, *cls._is_old(now)).with_for_update()
        if held := db.session.scalars(rows, execution_options=FRESH).first():
            held.give_up()

    def expire(self):
        """Free its quarter hours; what was typed stays."""
        slices.release(self)
        self.held_until = None

    def give_up(self):
        """Free its quarter hours, and delete it with its photos."""
        photos.delete_of_customer(photos.of_hold(self))
        self.expire()
        db.session.flush()
        db.session.delete(self)
        db.session.flush()

    @classmethod
    def _is_old(cls, now: datetime) -> tuple:
        return cls.held_until.is_(None), cls.created_at <= now - KEPT

    def _take_quarters(self, staff_ids: list[int], now: datetime):
        """Take the time of the first who is free, then release the time of before (`slices.hold` says why)."""
        wanted = slices.quarters(self)
        staff_id = slices.hold(self, staff_ids, wanted, slices.held_quarters(self), now=now)
        if staff_id is None:
            raise Taken(formats.taken())
        self.staff_id = staff_id
        slices.release_but(self, (staff_id, wanted))
        if slices.prolong(self) != len(wanted):  # some of an expired one were freed meanwhile
            raise Taken(formats.taken())


OWN_HOLD = (
    (BookingHold.company_id == COMPANY)
    & (BookingHold.contact_id == bindparam("contact_id"))
    & BookingHold.entry_id.is_(None)
)
LIVE = BookingHold.held_until > bindparam("now")


def lock(contact: Contact):
    """Let what a customer books and holds be done one after the other, from here to the commit."""
    lock_of(contact.customer_id)


def lock_of(customer_id: int):
    locks.lock_until_commit(db.session, tokens.digest(f"bookings of {customer_id}"))


def hold_of(contact: Contact) -> BookingHold | None:
    """What a contact has chosen as it is now, for who has locked it."""
    whose = {"company_id": contact.company_id, "contact_id": contact.id}
    return db.session.scalars(CHOSEN_BY, whose, execution_options=FRESH).first()


CHOSEN_BY = select(BookingHold).where(OWN_HOLD)
FRESH = {"populate_existing": True}
