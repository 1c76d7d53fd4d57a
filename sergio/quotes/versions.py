"""The table of the versions of a quote that were sent, part of its models."""

import json
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least, code
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.quotes import evidence
from sergio.quotes.answer import written_once


@written_once
class QuoteVersion(CompanyOwned, Model):
    """A quote as it was sent. Rows never change; pages, emails, PDFs and acceptances are made from them.

    `content` is `evidence.frozen` as canonical JSON and `digest` its SHA-256. The other columns repeat what lists need.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "quote_id", "version"),
        at_least("version", 1),
        code("currency", 3),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    version: Mapped[int]
    sent_at: Mapped[datetime]
    valid_until: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)

    @property
    def facts(self) -> dict:
        """The result of `evidence.frozen`, with all lines."""
        return json.loads(self.content)

    def offer(self, chosen: Collection[int] | None = None, package: int | None = None) -> dict:
        """The offer with the optional lines `chosen` and the `package` (ids); for None what was preselected."""
        return evidence.choose(self.facts, chosen, package)
