"""Customers. Their contacts are in `contacts`, service addresses in `properties`, the office's notes in `note`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import TEST_NUMBERS
from sergio.customers.contacts import Contact, audited
from sergio.customers.properties import Property, address_key
from sergio.customers.roles import FULL, FULL_FIRST, WORK_FIRST
from sergio.database.append_only import fixed
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock
from sergio.lib.language import either
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.lib.text import folded

ONLY_TEST = text("is_test")
CURRENT = text("archived_at IS NULL")
NO_LIMIT = {"daily_limit": None, "limit_currency": None}
PUT_AWAY = text("archived_at IS NOT NULL AND merged_into_id IS NULL")
OWING = text("owes > 0")


def is_real(number: Any) -> ColumnElement[bool]:
    """The condition that a column of numbers is not `is_test`, for figures."""
    return number <= literal_column(str(TEST_NUMBERS))


OF_TEST_CUSTOMER = """
EXISTS (SELECT 1 FROM {table} AS owner
JOIN customer ON customer.company_id = owner.company_id AND customer.id = owner.customer_id
WHERE owner.company_id = OLD.company_id AND owner.id = OLD.{key} AND owner.number > {tests} AND customer.is_test)
"""


def of_test_customer(table: str, key: str) -> str:
    """SQL of a trigger: the row OLD belongs, by its column `key`, to a row of `table` of a test customer."""
    return OF_TEST_CUSTOMER.format(table=table, key=key, tests=TEST_NUMBERS)


@fixed("is_test")
class Customer(CompanyOwned, Model):
    """A household or business that the company works for.

    A test customer (`is_test`, one a company at most) is a staff member who tries the portal: it counts in no figure,
    is never charged real money, and can be deleted with everything that belongs to it.

    An archived one (`archived_at`) is in no list for choosing; its portal goes on. One that was merged into another is
    archived for good, and everything of it belongs to the other. There is always a contact with the role `FULL`.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "name_key", "id"),
        at_least("number", 1),
        at_least("payment_days", 0),
        CheckConstraint(f"is_test = (number > {TEST_NUMBERS})", name="test_numbers"),
        CheckConstraint("merged_into_id IS NULL OR archived_at IS NOT NULL", name="merged_is_archived"),
        Index("uq_customer_test", "company_id", unique=True, sqlite_where=ONLY_TEST),
        Index("ix_customer_current_by_name", "company_id", "name_key", "id", sqlite_where=CURRENT),
        Index("ix_customer_current_by_number", "company_id", "number", sqlite_where=CURRENT),
        Index("ix_customer_archived_by_name", "company_id", "name_key", "id", sqlite_where=PUT_AWAY),
        Index("ix_customer_archived_by_number", "company_id", "number", sqlite_where=PUT_AWAY),
        Index("ix_customer_owing_by_name", "company_id", "name_key", "id", sqlite_where=OWING),
        Index("ix_customer_owing_by_number", "company_id", "number", sqlite_where=OWING),
        Index("ix_customer_current_by_owes", "company_id", "owes", "id", sqlite_where=CURRENT),
        Index(None, "company_id", "owes", "id"),
        *within_company(merged_into_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column()
    payment_days: Mapped[int | None]
    """Its own payment terms (see `invoices/terms`); None for the company's."""
    owes: Mapped[int] = mapped_column(BigInteger, default=0)
    """What is due on its invoices, in minor units of whatever currency: only to sort by (`invoices/owed`)."""

    contacts: Mapped[list[Contact]] = relationship(
        foreign_keys="Contact.customer_id", back_populates="customer", order_by="Contact.id"
    )
    properties: Mapped[list[Property]] = relationship(
        foreign_keys="Property.customer_id", back_populates="customer", order_by="Property.id"
    )

    @validates("name")
    def _keep_key(self, field, name):
        self.name_key = folded(name)
        return name

    @classmethod
    def test_of(cls, company) -> Select:
        """The company's test customer, if it has one."""
        return select(cls).where(cls.company_id == company.id, cls.is_test)

    def next_number(self, series: str, *, at_once: bool = False) -> int:
        """The next number of something that belongs to this customer; `at_once`: `Company.next_number_at_once`."""
        if self.is_test:
            return TEST_NUMBERS + self.company.next_number(f"test {series}")
        return self.company.next_number_at_once(series) if at_once else self.company.next_number(series)

    def owns(self, table: Any) -> ColumnElement[bool]:
        """The condition that rows of `table` (a model with `customer_id`) are this customer's."""
        return and_(table.company_id == self.company_id, table.customer_id == self.id)

    @property
    def customer_id(self) -> int:
        """Its own id, as its audit entries and emails name it."""
        return self.id

    @property
    def office_path(self) -> str:
        return f"/office/customers/{self.number}"

    @property
    def present_contacts(self) -> list[Contact]:
        return [contact for contact in self.contacts if contact.left_at is None]

    @property
    def main_contact(self) -> Contact | None:
        """The first present contact with the widest role, with an email address or without."""
        return min(self.present_contacts, key=lambda contact: FULL_FIRST.index(contact.role), default=None)

    @property
    def contact(self) -> Contact | None:
        """The contact to email about work: one who is present and has an email address."""
        return self.contact_for(None)

    def language_for(self, person: Contact | None, roles: Sequence[str] = WORK_FIRST) -> str:
        """The language of the contact to email (`contact_for`); the company's without one."""
        contact = self.contact_for(person, roles)
        return contact.reads if contact else self.company.language

    def contact_for(self, person: Contact | None, roles: Sequence[str] = WORK_FIRST) -> Contact | None:
        """The contact to email instead of `person`: `person` if they are present, have an email address and one of the
        `roles`; else the first such contact, in the order of the roles.
        """
        reached = [contact for contact in self.present_contacts if contact.email and contact.role in roles]
        return person if person in reached else min(reached, key=lambda each: roles.index(each.role), default=None)

    @property
    def deciders(self) -> str:
        """The first names of the contacts who may do everything: "Ana or Ben"; empty without any."""
        names = [contact.first_name for contact in self.present_contacts if contact.role == FULL]
        return either(names)

    @property
    def receipt_contacts(self) -> list[Contact]:
        """The contacts who get a receipt for every payment, whoever made it."""
        return [contact for contact in self.present_contacts if contact.gets_receipts and contact.email]

    @classmethod
    def create(
        cls,
        company,
        name: str,
        *,
        contact_name: str = "",
        email: str = "",
        phone: str = "",
        address: Mapping | None = None,
        by: Actor,
        at: datetime,
    ) -> "Customer":
        """A customer with one contact, by default of its own name, and with a service address, if one is given.

        `phone` is E.164 or empty, `email` well formed or empty; `address` has the columns of `ADDRESS`.
        """
        customer = cls(company=company, name=name, number=company.next_number("customer"), created_at=at)
        contact = Contact(company=company, name=contact_name or name, email=email, phone=phone)
        customer.contacts.append(contact)
        if address:
            place = Property(company=company, number=customer.next_number("property"), **address)
            customer.properties.append(place)
        db.session.add(customer)
        facts = {"name": name, "contact": contact.name, "email": email, "phone": phone, **(address or {})}
        record(customer, "created", by=by, at=at, after={field: fact for field, fact in facts.items() if fact})
        return customer

    def lock(self):
        """Keep other changes waiting until the commit, and read the row as it is now; `Refused` once it was merged."""
        db.session.refresh(self, with_for_update=True)
        db.session.expire(self, ["contacts", "properties"])
        if self.merged_into_id:
            raise Refused(_("%(name)s was just merged into another customer. Open that one.", name=self.name))

    def rename(self, name: str, *, by: Actor, at: datetime):
        before, after = changes(self, name=name)
        if after:
            self.name = name
            record(self, "changed", by=by, at=at, before=before, after=after)

    def change_payment_terms(self, days: int | None, *, by: Actor, at: datetime):
        """When new invoices are due (`invoices/terms`); None for the company's terms."""
        before, after = changes(self, payment_days=days)
        if after:
            self.payment_days = days
            record(self, "changed_payment_terms", by=by, at=at, before=before, after=after)

    def add_contact(
        self, name: str, *, email: str = "", phone: str = "", role: str = FULL, by: Actor, at: datetime, **more
    ) -> Contact:
        """Another contact; one who left with the same email address comes back. `more` may be `gets_receipts`,
        `daily_limit` and `limit_currency`.
        """
        self.lock()
        known = self.contact_with(email)
        if known and known.left_at is None:
            raise Refused(_("%(name)s already has this email address.", name=known.name))
        contact = known or Contact(company=self.company, customer=self)
        contact.left_at = None
        facts = {"name": name, "email": email, "phone": phone, "role": role, **NO_LIMIT, **more}
        for field, value in facts.items():
            setattr(contact, field, value)
        db.session.add(contact)
        after = {"customer": self.name, **audited({field: value for field, value in facts.items() if value})}
        record(contact, "restored" if known else "created", by=by, at=at, after=after)
        return contact

    def contact_with(self, email: str) -> Contact | None:
        """The contact with that email address, also one who left."""
        key = folded(email)
        return next((contact for contact in self.contacts if key and contact.email_key == key), None)

    def add_property(self, values: Mapping, *, by: Actor, at: datetime) -> Property:
        """Another service address, by the columns of `ADDRESS`; an archived one that is the same comes back."""
        self.lock()
        key = address_key(values)
        known = next((place for place in self.properties if place.address_key == key), None)
        if known:
            known.restore(by=by, at=at)
            return known
        place = Property(
            company=self.company, number=self.next_number("property"), is_known=not by.is_contact, **values
        )
        self.properties.append(place)
        record(place, "created", by=by, at=at, after={"customer": self.name, **values})
        return place

    def put_away(self, *, by: Actor, at: datetime):
        """Archive it, whatever is going on; `overview.archiving` refuses where something is."""
        if self.archived_at is None:
            self.archived_at = at
            record(self, "archived", by=by, at=at)

    def bring_back(self, *, by: Actor, at: datetime):
        """Undo archiving. Every verb that makes a document or an appointment ends with this: asking the database also
        finds an archiving that was committed meanwhile.
        """
        if db.change(BRING_BACK, {"of_company": self.company_id, "customer_id": self.id}).scalar():
            db.session.expire(self, ["archived_at"])
            record(self, "restored", by=by, at=at)


TABLE = Model.metadata.tables["customer"]
BRING_BACK = (
    update(TABLE)
    .where(TABLE.c.company_id == bindparam("of_company"), TABLE.c.id == bindparam("customer_id"))
    .where(TABLE.c.merged_into_id.is_(None), TABLE.c.archived_at.is_not(None))
    .values(archived_at=None)
    .returning(TABLE.c.id)
)
