"""When the customers' contacts looked at a version of a quote, part of its models."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.customers.models import Contact
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
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
    if version != quote.version:
        return
    mine = (look for look in quote.looks if (look.contact_id, look.version) == (contact.id, version))
    if look := next(mine, None):
        look.last_at = at if at - look.last_at >= SAME_LOOK else look.last_at
    else:
        about = {"contact": contact, "version": version, "first_at": at, "last_at": at}
        quote.looks.append(QuoteLook(company=quote.company, **about))


def last_seen(quote) -> dict | None:
    """The content of the last version that somebody looked at or answered, else of the newest; None without any."""
    sent = {version.version: version for version in quote.versions}
    seen = [each.version for each in (*quote.looks, *quote.declines, *quote.change_requests)]
    number = max(seen or sent, default=None)
    return sent[number].facts if number else None
