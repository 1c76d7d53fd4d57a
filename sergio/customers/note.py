"""The table of the office's notes on customers, part of the models."""

from datetime import datetime

from sqlalchemy import Index, String, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Customer
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db

LONGEST = 4000
PINNED = text("pinned")


class CustomerNote(CompanyOwned, Model):
    """What staff note about a customer, for themselves: customers never see it. One note of a customer can be pinned.

    `written_by` and `changed_by` are names; `changed_at` is empty until the text is changed.
    """

    __table_args__ = (
        Index(None, "company_id", "customer_id", "written_at"),
        Index("uq_customer_note_pinned", "company_id", "customer_id", unique=True, sqlite_where=PINNED),
        *within_company(customer_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(String(LONGEST))
    pinned: Mapped[bool] = mapped_column(default=False)
    written_by: Mapped[str] = mapped_column(String(120))
    written_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(120), default="")
    changed_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)

    @classmethod
    def write(cls, customer: Customer, text: str, *, by: Actor, at: datetime) -> "CustomerNote":
        customer.lock()
        note = cls(company=customer.company, customer=customer, text=text, written_by=by.name[:120], written_at=at)
        db.session.add(note)
        record(note, "created", by=by, at=at, after={"text": text})
        return note

    def change(self, text: str, *, by: Actor, at: datetime):
        if text == self.text:
            return
        before, self.text = self.text, text
        self.changed_by, self.changed_at = by.name[:120], at
        record(self, "changed", by=by, at=at, before={"text": before}, after={"text": text})

    def pin(self, *, by: Actor, at: datetime):
        """Keep it on top, instead of the note that was there."""
        if self.pinned:
            return
        self.customer.lock()
        others = CustomerNote.company_id == self.company_id, CustomerNote.customer_id == self.customer_id
        db.session.execute(update(CustomerNote).where(*others, CustomerNote.pinned).values(pinned=False))
        self.pinned = True
        record(self, "pinned", by=by, at=at, after={"text": self.text})

    def unpin(self, *, by: Actor, at: datetime):
        if self.pinned:
            self.pinned = False
            record(self, "unpinned", by=by, at=at, before={"text": self.text})

    def delete(self, *, by: Actor, at: datetime):
        record(self, "deleted", by=by, at=at, before={"text": self.text})
        db.session.delete(self)
