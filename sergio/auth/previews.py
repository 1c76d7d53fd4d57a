"""Previews of the portal that staff have started, a table of the models of sign-in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Index, Select, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.models import KEPT, SignIn
from sergio.customers.models import Customer
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import tokens

PREVIEW_LASTS = timedelta(hours=1)


class Preview(CompanyOwned, Model):
    """A staff member's look at the portal as one customer, or as one who is new (`customer` is None).

    It ends with its hour, with `sign_in`, or when it is left. Its cookie counts only beside that of `sign_in`.
    """

    __table_args__ = (
        Index(None, "company_id", "sign_in_id"),
        Index(None, "company_id", "customer_id"),
        *within_company(sign_in_id="sign_in", customer_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sign_in_id: Mapped[int] = mapped_column()
    customer_id: Mapped[int | None] = mapped_column()
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    sign_in: Mapped[SignIn] = relationship(foreign_keys=sign_in_id)
    customer: Mapped[Customer | None] = relationship(foreign_keys=customer_id)

    @classmethod
    def start(cls, sign_in: SignIn, customer: Customer | None, *, by: Actor, now: datetime) -> tuple["Preview", str]:
        """A new preview instead of the one that runs, if any, and the secret for its cookie."""
        for earlier in db.session.scalars(cls.running(sign_in)):
            earlier.end(by=by, now=now)
        secret = tokens.token()
        row = cls(company=sign_in.company, digest=tokens.digest(secret), sign_in=sign_in, started_at=now)
        row.customer = customer
        db.session.add(row)
        record(row, "started", by=by, at=now, after=row._facts)
        return row, secret

    @classmethod
    def running(cls, sign_in: SignIn) -> Select:
        """The previews of a sign-in that were not left."""
        mine = cls.company_id == sign_in.company_id, cls.sign_in_id == sign_in.id
        return select(cls).where(*mine, cls.ended_at.is_(None))

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes previews after a week, before their sign-ins are."""
        return delete(cls).where(cls.started_at < now - KEPT)

    def end(self, *, by: Actor, now: datetime):
        if self.ended_at is None:
            self.ended_at = now
            record(self, "ended", by=by, at=now, before=self._facts)

    @property
    def ends_at(self) -> datetime:
        return self.started_at + PREVIEW_LASTS

    def is_running(self, sign_in_digests: Sequence[str], now: datetime) -> bool:
        """Whether it may still be shown to a browser with these sign-ins of staff."""
        sign_in, here = self.sign_in, self.sign_in.digest in sign_in_digests
        return here and self.ended_at is None and now < self.ends_at and sign_in.is_of_staff_here(now)

    @property
    def _facts(self) -> dict:
        return {"customer": self.customer.name} if self.customer else {}
