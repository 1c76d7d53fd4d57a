"""Customers, their contacts and their properties."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
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
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import TEST_NUMBERS
from sergio.customers import emails
from sergio.database.append_only import fixed
from sergio.database.checks import at_least
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.postal import address, address_lines
from sergio.lib.text import folded

ONLY_TEST = text("is_test")


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
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "name_key", "id"),
        at_least("number", 1),
        at_least("payment_days", 0),
        CheckConstraint(f"is_test = (number > {TEST_NUMBERS})", name="test_numbers"),
        Index("uq_customer_test", "company_id", unique=True, sqlite_where=ONLY_TEST, postgresql_where=ONLY_TEST),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    payment_days: Mapped[int | None]
    """Its own payment terms (see `invoices/terms`); None for the company's."""

    contacts: Mapped[list["Contact"]] = relationship(
        foreign_keys="Contact.customer_id", back_populates="customer", order_by="Contact.id"
    )
    properties: Mapped[list["Property"]] = relationship(
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

    def next_number(self, series: str) -> int:
        """The next number of something that belongs to this customer."""
        if self.is_test:
            return TEST_NUMBERS + self.company.next_number(f"test {series}")
        return self.company.next_number(series)

    def owns(self, table: Any) -> ColumnElement[bool]:
        """The condition that rows of `table` (a model with `customer_id`) are this customer's."""
        return and_(table.company_id == self.company_id, table.customer_id == self.id)

    @property
    def contact(self) -> "Contact | None":
        """The contact to email: the first one that has not left."""
        return next((contact for contact in self.contacts if contact.left_at is None), None)

    def contact_for(self, person: "Contact | None") -> "Contact | None":
        """The contact to email instead of `person`: `person` unless they have left, else `contact`."""
        return person if person and person.left_at is None else self.contact

    @property
    def receipt_contacts(self) -> list["Contact"]:
        """The contacts who get a receipt for every payment, whoever made it."""
        return [contact for contact in self.contacts if contact.gets_receipts and contact.left_at is None]


class Contact(CompanyOwned, Model):
    """A person who may sign in for a customer. One email address can belong to contacts of several customers."""

    __table_args__ = (
        UniqueConstraint("company_id", "customer_id", "email_key"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "email_key"),
        *within_company(customer_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str]
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str]
    phone: Mapped[str] = mapped_column(String(40), default="")
    gets_receipts: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id, back_populates="contacts")

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @validates("name", "email")
    def _keep_key(self, field, text):
        setattr(self, f"{field}_key", folded(text))
        return text

    @classmethod
    def with_email(cls, email: str):
        """The contacts with that email address, compared by `folded`."""
        return select(cls).where(cls.email_key == folded(email), cls.left_at.is_(None)).order_by(cls.id)

    @property
    def first_name(self) -> str:
        """The first word of their name or, if that is empty, of the customer's."""
        return (self.name or self.customer.name).split()[0]

    def change_details(self, name: str, phone: str, *, gets_receipts: bool, by: Actor, now: datetime):
        """Change the details (`phone` as E.164 or empty), and email the office a changed name or phone number.

        Documents already issued do not change.
        """
        before, after = changes(self, name=name, phone=phone, gets_receipts=gets_receipts)
        if not after:
            return
        self.name, self.phone, self.gets_receipts = name, phone, gets_receipts
        record(self, "changed", by=by, at=now, before=before, after=after)
        labels = {"name": _("Name"), "phone": _("Phone")}
        if corrected := [(label, before[field], after[field]) for field, label in labels.items() if field in after]:
            emails.details_changed(self, corrected)


ADDRESS = ("street", "city", "region", "postal_code")


def address_key(values: Mapping) -> str:
    """The address as one folded text. `values` are the columns by name."""
    return folded(" ".join(values.get(name) or "" for name in ADDRESS))


class Property(CompanyOwned, Model):
    """A service address of a customer."""

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        *within_company(customer_id="customer"),
        at_least("number", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    customer_id: Mapped[int] = mapped_column()
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    address_key: Mapped[str] = mapped_column(default=lambda context: address_key(context.get_current_parameters()))

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id, back_populates="properties")

    @validates(*ADDRESS)
    def _keep_key(self, field, text):
        self.address_key = address_key({**{name: getattr(self, name) for name in ADDRESS}, field: text})
        return text

    @property
    def address_lines(self) -> list[str]:
        return address_lines(self)

    @property
    def address(self) -> str:
        """The address on one line."""
        return address(self)


PLACES = (
    select(Property)
    .where(Property.company_id == COMPANY, Property.customer_id == bindparam("customer_id"))
    .order_by(Property.id)
)
"""A customer's service addresses, oldest first."""
