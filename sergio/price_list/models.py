"""The price list: what a company often puts on its quotes and invoices."""

import re
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    case,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, validates

from sergio import pricing
from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import Company
from sergio.database import locks
from sergio.database.checks import at_least, code
from sergio.database.company_scope import COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.lib.text import folded

LONGEST_KEY = 400
MOST_WORDS = 6
"""Words of a search; more are ignored."""
FOUND = 8
"""Items that the editor of lines shows for a search."""
BREAKS = re.compile(r"[\W_]+")


class PriceListItem(CompanyOwned, Model):
    """A line that can be added to quotes and invoices: it is copied, so a later change leaves those as they are.

    `unit_price` is in minor units of `currency`, `tax_ppm` in parts per million. `search_key` are the folded words of
    name and detail, each after a space.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index(None, "company_id", "name_key", "id"),
        at_least("number", 1),
        at_least("unit_price", 0),
        CheckConstraint(f"tax_ppm BETWEEN 0 AND {pricing.MILLION}", name="tax_ppm"),
        code("currency", 3),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str]
    detail: Mapped[str] = mapped_column(String(2000), default="")
    search_key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    tax_ppm: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]

    @validates("name", "detail")
    def _keep_keys(self, field, text):
        words = {"name": self.name or "", "detail": self.detail or "", field: text}
        self.name_key = folded(words["name"])
        self.search_key = spaced(f"{words['name']} {words['detail']}")[:LONGEST_KEY]
        return text

    @classmethod
    def create(cls, company: Company, *, by: Actor, at: datetime, **columns) -> "PriceListItem":
        """Add an item. Raises `Refused` if another one has the name."""
        cls.lock(company)
        cls._refuse_name(company, columns["name"], None)
        item = cls(company=company, number=company.next_number("price_list_item"), **columns)
        item.currency = company.currency
        db.session.add(item)
        record(item, "created", by=by, at=at, after=priced(columns, item.currency))
        return item

    def change(self, *, by: Actor, at: datetime, **columns):
        """Set columns; a price is in the company's currency. Quotes and invoices with the item stay as they are."""
        self.lock(self.company)
        if self.archived_at is None:
            self._refuse_name(self.company, columns["name"], self)
        columns["currency"] = self.company.currency
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            before, after = priced(before, self.currency), priced(after, self.currency)
            record(self, "changed", by=by, at=at, before=before, after=after)

    def archive(self, *, by: Actor, at: datetime):
        """Take it off the list."""
        self.lock(self.company)
        if self.archived_at is None:
            self.archived_at = at
            record(self, "archived", by=by, at=at)

    def restore(self, *, by: Actor, at: datetime):
        """Put an archived item back on the list."""
        self.lock(self.company)
        if self.archived_at:
            self._refuse_name(self.company, self.name, self)
            self.archived_at = None
            record(self, "restored", by=by, at=at)

    @staticmethod
    def lock(company: Company):
        """Change the list one after the other, so that names stay different."""
        locks.lock_until_commit(db.session, tokens.digest(f"price list of {company.id}"))

    @classmethod
    def _refuse_name(cls, company: Company, name: str, but: "PriceListItem | None"):
        same = {"company_id": company.id, "name_key": folded(name), "but": but.id if but else 0}
        if db.session.scalar(SAME_NAME, same):
            raise Refused(_("You already have an item called %(name)s.", name=name))


SAME_NAME = select(PriceListItem.id).where(
    PriceListItem.company_id == COMPANY,
    PriceListItem.name_key == bindparam("name_key"),
    PriceListItem.archived_at.is_(None),
    PriceListItem.id != bindparam("but"),
)
NUMBERED = select(PriceListItem).where(PriceListItem.company_id == COMPANY, PriceListItem.number == bindparam("number"))
"""The company's item with that number."""


def priced(columns: dict, currency: str) -> dict:
    """The columns for the audit trail, with the price as an amount and its currency."""
    rest = {name: value for name, value in columns.items() if name != "unit_price"}
    return rest | ({"price_amount": columns["unit_price"], "currency": currency} if "unit_price" in columns else {})


def spaced(text: str) -> str:
    """The folded words of a text, each after a space."""
    words = BREAKS.sub(" ", folded(text)).strip()
    return f" {words}" if words else ""


def words_of(text: str) -> list[str]:
    return spaced(text.replace("\0", "")).split()[:MOST_WORDS]


def words_found(words: int) -> list[ColumnElement[bool]]:
    """The conditions that each of so many words begins a word of the item."""
    return [PriceListItem.search_key.contains(bindparam(f"word_{place}")) for place in range(words)]


def parameters(words: list[str], company_id: int) -> dict:
    """The parameters of statements with `words_found`. Words have letters and digits only, so none is a wildcard."""
    return {"company_id": company_id, **{f"word_{place}": f" {word}" for place, word in enumerate(words)}}


@cache
def found(words: int) -> Select:
    """The first items in use with so many words; those whose name begins with the first word come first."""
    first = case((PriceListItem.name_key.startswith(bindparam("beginning")), 0), else_=1)
    wanted = PriceListItem.company_id == COMPANY, PriceListItem.archived_at.is_(None), *words_found(words)
    return select(PriceListItem).where(*wanted).order_by(first, PriceListItem.name_key, PriceListItem.id).limit(FOUND)


def search(company: Company, text: str) -> list[PriceListItem]:
    """The items that the editor of lines offers for a search text; for none, the first of the list."""
    words = words_of(text)
    named = parameters(words, company.id) | {"beginning": words[0] if words else ""}
    return list(db.session.scalars(found(len(words)), named))
