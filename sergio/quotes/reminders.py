"""Reminders of quotes that nobody answered, once each."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.quotes.answer import KEY

KINDS = EXPIRING, UNANSWERED = "expiring", "unanswered"


class QuoteReminder(CompanyOwned, Model):
    """A reminder of a version that was sent: before it expires, or some days after it was sent."""

    __table_args__ = (
        UniqueConstraint(*KEY, "kind"),
        at_least("version", 1),
        one_of("kind", KINDS),
        ForeignKeyConstraint(KEY, [f"quote_version.{column}" for column in KEY]),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
