"""The table of customers' service addresses, part of the models."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint, bindparam, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.database.checks import at_least
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib.postal import address, address_lines
from sergio.lib.text import folded

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
    is_known: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether staff have entered it, or confirmed an appointment there."""
    archived_at: Mapped[datetime | None]

    customer: Mapped["Customer"] = relationship(  # noqa: F821  # ty: ignore[unresolved-reference]
        foreign_keys=customer_id, back_populates="properties"
    )

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

    @property
    def needs_approval(self) -> bool:
        """Whether staff still have to confirm it: a customer has entered it, and the company wants to approve those."""
        return not self.is_known and self.company.approves_addresses

    def change(self, values: Mapping, *, by: Actor, at: datetime):
        """Correct the address; documents already issued keep the one they have. What a customer enters is not known."""
        before, after = changes(self, **values)
        if after and by.is_contact:
            self.is_known = False
        for field, value in after.items():
            setattr(self, field, value)
        if after:
            record(self, "changed", by=by, at=at, before=before, after=after)

    def archive(self, *, by: Actor, at: datetime):
        """Take it off the lists for choosing; what was made for it keeps it."""
        if self.archived_at is None:
            self.archived_at = at
            record(self, "archived", by=by, at=at, before={"street": self.street})

    def restore(self, *, by: Actor, at: datetime):
        if self.archived_at is not None:
            self.archived_at = None
            record(self, "restored", by=by, at=at, after={"street": self.street})


EVERY_PLACE = (
    select(Property)
    .where(Property.company_id == COMPANY, Property.customer_id == bindparam("customer_id"))
    .order_by(Property.id)
)
"""A customer's service addresses, oldest first, with those that are archived."""
PLACES = EVERY_PLACE.where(Property.archived_at.is_(None))
"""Those that can be chosen."""
