"""The table of service addresses that customers entered or corrected, until staff approve them. Part of the models."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import Index, Select, String, UniqueConstraint, bindparam, literal_column, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers import emails
from sergio.customers.models import Contact, Customer
from sergio.customers.properties import ADDRESS, Property, address_key
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.postal import address, address_lines
from sergio.lib.refused import Refused

WAITING, APPROVED, DECLINED, WITHDRAWN = OUTCOMES = ("waiting", "approved", "declined", "withdrawn")
IS_WAITING = text(f"outcome = '{WAITING}'")
MOST_NEW = 5
"""New addresses of a customer that wait at once."""


class AddressChange(CompanyOwned, Model):
    """A new service address of a customer or, with a `place`, another text for one they have. Its columns are those of
    `ADDRESS`. At most one waits for each place: another one takes its place.
    """

    __table_args__ = (
        Index(
            *("uq_address_change_waiting", "company_id", "property_id"),
            unique=True,
            sqlite_where=IS_WAITING,
        ),
        Index("ix_address_change_waiting", "company_id", "id", sqlite_where=IS_WAITING),
        Index(None, "company_id", "customer_id"),
        UniqueConstraint("company_id", "id"),
        one_of("outcome", OUTCOMES),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    asked_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10), default=WAITING)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)

    @classmethod
    def is_waiting(cls):
        """The condition of its partial indexes; with a parameter, SQLite plans a statement again at each execution."""
        return cls.outcome == literal_column(repr(WAITING))

    @classmethod
    def ask(
        cls, contact: Contact, values: Mapping, place: Property | None = None, *, by: Actor, at: datetime
    ) -> "AddressChange":
        """Have a new address, or another text for a place, wait for the office. Needs the customer's lock."""
        customer = contact.customer
        whose = {"company_id": customer.company_id, "customer_id": customer.id}
        waiting = db.session.scalars(waiting_with_places(), whose).all()
        for change in waiting:
            if change.place is place and change.wanted == {**values}:
                return change
            if place and change.place is place:
                change._end(WITHDRAWN, by=by, at=at)
                db.session.flush()
        if place is None and sum(1 for change in waiting if change.place is None) >= MOST_NEW:
            raise Refused(f"{_('Several new addresses already wait for us.')} {customer.company.how_to_reach}")
        change = cls(company=customer.company, customer=customer, contact=contact, place=place, asked_at=at, **values)
        db.session.add(change)
        record(change, "requested", by=by, at=at, before=change.before, after=change.wanted)
        emails.address_waits(change)
        return change

    def approve(self, shown: str, *, by: Actor, at: datetime):
        """Use it from now on. `shown` is the `key` of the place that the page showed: `Refused` if that has changed
        since. Needs the customer's lock, as all that follow do.
        """
        self._refuse_decided()
        if shown != self.key:
            raise Refused(_("Someone else just changed this address. Compare it again, then decide."))
        before = self.before
        place = self.place
        if place:
            place.change(self.wanted, by=by, at=at)
            place.restore(by=by, at=at)
        else:
            place = self.customer.add_property(self.wanted, by=by, at=at)
        self.place, place.is_known = place, True
        self._end(APPROVED, by=by, at=at, before=before, after=self.wanted)
        emails.address_decided(self)

    def decline(self, reason: str, *, by: Actor, at: datetime):
        self._refuse_decided()
        self.reason = reason
        self._end(DECLINED, by=by, at=at, before=self.wanted, after={"reason": reason})
        emails.address_decided(self)

    def withdraw(self, *, by: Actor, at: datetime):
        """The customer no longer asks for it."""
        self._refuse_decided()
        self._end(WITHDRAWN, by=by, at=at)

    def _refuse_decided(self):
        db.session.refresh(self)
        if self.outcome == WITHDRAWN:
            raise Refused(_("The customer withdrew this request."))
        if self.outcome != WAITING:
            raise Refused(_("%(name)s has already decided this.", name=self.decided_by))

    def _end(self, outcome: str, *, by: Actor, at: datetime, before: dict | None = None, after: dict | None = None):
        self.outcome, self.decided_at, self.decided_by = outcome, at, by.name[:120]
        record(self, outcome, by=by, at=at, before=before or self.wanted, after=after)

    @property
    def wanted(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in ADDRESS}

    @property
    def before(self) -> dict[str, str]:
        """The address as it is now; empty for a new one."""
        return {field: getattr(self.place, field) for field in ADDRESS} if self.place else {}

    @property
    def key(self) -> str:
        """The place as it is now, to see whether it was changed meanwhile."""
        return address_key(self.before)

    @property
    def address(self) -> str:
        return address(self)

    @property
    def address_lines(self) -> list[str]:
        return address_lines(self)


@cache
def waiting_with_places() -> Select:
    """What the customer `customer_id` waits for, with the places."""
    mine = AddressChange.company_id == COMPANY, AddressChange.customer_id == bindparam("customer_id")
    rows = select(AddressChange).where(*mine, AddressChange.is_waiting()).order_by(AddressChange.id)
    return rows.options(joinedload(AddressChange.place))
