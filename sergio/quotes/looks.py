"""When the customers' contacts looked at a version of a quote, part of its models."""

from datetime import datetime, timedelta
from functools import cache
from importlib import import_module

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.customers.models import Contact
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.outbox.models import OutgoingEmail
from sergio.quotes.answer import KEY

SAME_LOOK = timedelta(hours=1)
"""A look so soon after the last one is not written again: each write makes every cached page of the company stale."""


class QuoteLook(CompanyOwned, Model):
    """A contact opened a version on its page: for the first time, and for the last time."""

    __table_args__ = (
        UniqueConstraint(*KEY, "contact_id"),
        at_least("version", 1),
        Index(None, "company_id", "contact_id"),
        ForeignKeyConstraint(KEY, [f"quote_version.{column}" for column in KEY]),
        *within_company(quote_id="quote", contact_id="contact"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column()
    version: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)


def note_look(quote, contact: Contact, version: int | None, *, at: datetime):
    """Note that the contact has the newest version open on its page; nothing for another one."""
    mine = (look for look in quote.looks if (look.contact_id, look.version) == (contact.id, version))
    last = max((look.last_at for look in mine), default=None)
    if version != quote.version or (last and at - last < SAME_LOOK):
        return
    seen = {"company_id": quote.company_id, "quote_id": quote.id, "contact_id": contact.id, "version": version}
    db.session.execute(write_look(db.session.get_bind().dialect.name), {**seen, "first_at": at, "last_at": at})
    OutgoingEmail.note_seen(quote.company_id, contact.id, "quote", quote.number, at=at)


@cache
def write_look(dialect: str):
    """The statement that adds a look, or moves the last one; two pages opened at once need no order."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(QuoteLook.__table__)
    return insert.on_conflict_do_update(index_elements=[*KEY, "contact_id"], set_={"last_at": insert.excluded.last_at})


def last_seen(quote) -> dict | None:
    """The content of the last version that somebody looked at or answered, else of the newest; None without any."""
    sent = {version.version: version for version in quote.versions}
    seen = [each.version for each in (*quote.looks, *quote.declines, *quote.change_requests)]
    number = max(seen or sent, default=None)
    return sent[number].facts if number else None
