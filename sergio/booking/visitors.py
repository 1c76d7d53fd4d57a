"""Somebody who books without being a customer yet, part of the models: what they have chosen, and becoming one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Select, String, UniqueConstraint, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import CONTACT, Actor
from sergio.booking import online_emails, photos
from sergio.booking.holds import HOLD, BookingHold, hold_of
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property
from sergio.customers.properties import ADDRESS
from sergio.database import locks
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.postal import address, address_lines
from sergio.lib.refused import Refused

KEPT = timedelta(days=1)
SOONEST = timedelta(seconds=3)
"""No person enters a name and an email address faster than this after the address."""
MOST_OF_NETWORK, MOST_OF_COMPANY = 3, 20
"""How many times are held at once for visitors of one network, and of one company."""


class BookingVisitor(CompanyOwned, Model):
    """A browser (`digest` of its cookie) in which somebody books at a company: the service and the address, then the
    name and the phone number. The email address is in the `MagicLink` that it is confirmed with.

    `network` is a digest of the network they come from, for the limits.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "digest"),
        Index(None, "company_id", "network"),
        Index(None, "company_id", "service_id"),
        Index(None, "created_at"),
        *within_company(service_id="service"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    service_id: Mapped[int] = mapped_column()
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    name: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def with_secret(cls, company: Company, secret: str) -> Select:
        return select(cls).where(cls.company_id == company.id, cls.digest == tokens.digest(secret))

    @classmethod
    def choose(cls, company: Company, secret: str, service_id: int, typed: Mapping, *, network: str, now: datetime):
        """Note the service and the address that were chosen in the browser with that secret."""
        visitor = db.session.scalar(cls.with_secret(company, secret)) or cls(
            company=company, digest=tokens.digest(secret), created_at=now
        )
        visitor.service_id, visitor.network = service_id, tokens.digest(network)
        for name in ADDRESS:
            setattr(visitor, name, typed.get(name, ""))
        db.session.add(visitor)
        return visitor

    @classmethod
    def delete_old(cls, now: datetime):
        """The statement that deletes those who have not gone on; holds of them are gone by then."""
        holds = select(BookingHold.visitor_id).where(BookingHold.visitor_id.is_not(None))
        return delete(cls).where(cls.created_at <= now - KEPT, cls.id.not_in(holds))

    @property
    def typed(self) -> dict[str, str]:
        """The address by column of `Property`."""
        return {name: getattr(self, name) for name in ADDRESS}

    @property
    def address(self) -> str:
        return address(self)

    @property
    def address_lines(self) -> list[str]:
        return address_lines(self)

    def hold(self, availability, starts_at: datetime, *, now: datetime) -> BookingHold:
        """Hold a time for them, as `BookingHold.take` does for contacts, unless too many are held for visitors."""
        locks.lock_until_commit(db.session, tokens.digest(f"visitors of {self.company_id}"))
        availability.hold = hold = hold_of_visitor(self)
        if hold and hold.covers(availability.service, starts_at, now):
            return hold
        if hold is None or not hold.is_live(now):
            self._refuse_too_many(now)
        staff_ids = availability.staff_at(starts_at)
        hold = hold or BookingHold(company_id=self.company_id, visitor_id=self.id, typed={})
        return hold.move(availability.service, None, starts_at, staff_ids, now=now)

    def become_customer(self, email: str, *, now: datetime) -> Contact:
        """A customer with that confirmed email address; the office is told."""
        who: dict[str, Any] = {"email": email, "phone": self.phone, "address": self.typed | {"is_known": False}}
        by = Actor(CONTACT, self.name)
        customer = Customer.create(self.company, self.name, **who, by=by, at=now)
        db.session.flush()
        online_emails.new_customer(customer.contacts[0], self.address)
        return customer.contacts[0]

    def hand_over(self, contact: Contact, place: Property, *, now: datetime) -> BookingHold | None:
        """Give the time that is held for them to the contact they are, from now on for as long as any other. Call
        `holds.lock` before.
        """
        hold, old = hold_of_visitor(self), hold_of(contact)
        if hold and old:
            photos.give(old, hold_id=hold.id)  # a visitor has none
            old.give_up()
        if hold:
            hold.visitor_id, hold.contact_id, hold.property_id = None, contact.id, place.id
            if hold.is_live(now):
                hold.prolong(now + HOLD)
        db.session.flush()
        db.session.delete(self)
        return hold

    def _refuse_too_many(self, now: datetime):
        """Visitors are nobody yet, so that many of them must not fill a calendar by choosing times."""
        asked = {"company_id": self.company_id, "network": self.network, "now": now}
        in_company, in_network = db.session.execute(HELD_FOR_VISITORS, asked).one()
        if in_company >= MOST_OF_COMPANY or in_network >= MOST_OF_NETWORK:
            sentence = _("Too many people are choosing a time right now. Try again in ten minutes.")
            raise Refused(f"{sentence} {self.company.how_to_reach}")


HELD_FOR_VISITORS = (
    select(func.count(), func.count().filter(BookingVisitor.network == bindparam("network")))
    .select_from(BookingHold)
    .join(BookingVisitor, BookingHold.visitor_id == BookingVisitor.id)
    .where(BookingHold.company_id == COMPANY, BookingHold.held_until > bindparam("now"))
)
HOLD_OF_VISITOR = select(BookingHold).where(
    BookingHold.company_id == COMPANY, BookingHold.visitor_id == bindparam("visitor_id")
)


def hold_of_visitor(visitor: BookingVisitor) -> BookingHold | None:
    """Their hold as it is now."""
    whose = {"company_id": visitor.company_id, "visitor_id": visitor.id}
    return db.session.scalars(HOLD_OF_VISITOR, whose, execution_options={"populate_existing": True}).first()
