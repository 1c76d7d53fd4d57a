"""Search of customers by an index: every piece of text that a word of the search may be the beginning of, by customer.

One plain table serves both databases. Triggers on the tables of the texts keep it, so that imports, merges and SQL by
hand are found too; each changes only the rows of its own source, so that two writers never undo each other's.
"""

import re
from functools import cache

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from sergio.customers.models import Customer
from sergio.database import triggers
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.text import folded

LONGEST = 80
"""Characters of a piece."""
MOST_WORDS = 5
"""Words of a search; more are ignored."""
FEW = 500
"""So many customers are sorted by name; where more have a word, they are read in the order of their names."""
LAST = "\U0010ffff"
PHONE = re.compile(r"[()+./-]*(?:\d[()+./-]*){6,}|[(+]\d+\)?")
BREAKS = " @._+-,/()#&"
BYTES = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")
"""Compared by bytes, as the range of a prefix needs."""


class SearchPiece(CompanyOwned, Model):
    """`piece` is the rest of a folded text from some place on: from any character of a name or phone number, from the
    beginning of any word of an email address or postal address.
    """

    __table_args__ = (
        Index(None, "company_id", "piece", "customer_id"),
        *within_company(customer_id="customer"),
        {"sqlite_with_rowid": False, "info": triggers.FOLLOWS},
    )

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True)
    piece: Mapped[str] = mapped_column(BYTES, primary_key=True)


class Search:
    """The words of a search text, the rarest first, with which every customer found has a piece that begins."""

    def __init__(self, text: str, company_id: int):
        """Reads how many customers have each word, up to `FEW`."""
        words = words_of(text)
        counts = [0] * len(words)
        for place, count in db.session.execute(frequencies(len(words)), bounds(words, company_id)) if words else ():
            counts[place] = count
        order = sorted(range(len(words)), key=counts.__getitem__)
        self.parameters = bounds([words[place] for place in order], company_id)
        self.shape = {"words": len(words), "rare": bool(words) and min(counts) < FEW}
        """For `conditions`."""


def words_of(text: str) -> list[str]:
    """The words as pieces have them: folded, phone numbers as digits."""
    words = folded(text.replace("\0", "")).split()[:MOST_WORDS]
    return [(re.sub(r"\D", "", word) if PHONE.fullmatch(word) else word)[:LONGEST] for word in words]


def bounds(words: list[str], company_id: int) -> dict:
    """The parameters of statements on these words: each begins what lies between `word_0` and `last_0`."""
    bounds = {"company_id": company_id}
    for place, word in enumerate(words):
        bounds |= {f"word_{place}": word, f"last_{place}": word + LAST}
    return bounds


@cache
def frequencies(words: int) -> Select:
    """Of each word its place and how many pieces begin with it, up to `FEW`."""
    found = [with_word(place).limit(FEW).subquery() for place in range(words)]
    counts = [select(literal(place), func.count()).select_from(rows) for place, rows in enumerate(found)]
    return select(union_all(*counts).subquery())


def conditions(words: int, *, rare: bool) -> list[ColumnElement[bool]]:
    """The conditions for customers of a `Search` of this shape: the first word is looked up if it is rare. Otherwise it
    is asked of one customer after the other, of whom enough have it.
    """
    return [Customer.id.in_(with_word(place)) if rare and place == 0 else has_word(place) for place in range(words)]


def with_word(place: int) -> Select:
    return select(SearchPiece.customer_id).where(SearchPiece.company_id == COMPANY, begins(place))


def has_word(place: int) -> ColumnElement[bool]:
    mine = SearchPiece.company_id == COMPANY, SearchPiece.customer_id == Customer.id
    return exists().where(*mine, begins(place))


def begins(place: int) -> ColumnElement[bool]:
    return and_(SearchPiece.piece >= bindparam(f"word_{place}"), SearchPiece.piece < bindparam(f"last_{place}"))


ADD = """
INSERT INTO search_piece (company_id, customer_id, source, source_id, piece)
SELECT DISTINCT NEW.company_id, NEW.{customer_id}, '{source}', NEW.id, substr(text, place, {longest}) FROM (
    WITH RECURSIVE places (text, every, place) AS (
        SELECT text, every, 1 FROM (SELECT {anywhere} AS text, 1 AS every UNION ALL SELECT {by_word}, 0) AS texts
        UNION ALL SELECT text, every, place + 1 FROM places WHERE place < length(text)
    ) SELECT text, every, place FROM places
) AS places
WHERE substr(text, place, 1) NOT IN ('', ' ')
AND (every = 1 OR replace('{breaks}', substr(' ' || text, place, 1), '') <> '{breaks}');
"""
"""Adds the pieces of a row: of one text from any character on, of another from the beginning of any word."""
REMOVE = """
DELETE FROM search_piece WHERE company_id = OLD.company_id AND customer_id = OLD.{customer_id}
AND source = '{source}' AND source_id = OLD.id;
"""
TEXTS = {
    "customer": ("id", "NEW.name_key", "CAST(NEW.number AS TEXT)", "name_key, number"),
    "contact": (
        *("customer_id", "NEW.name_key || ' ' || replace(NEW.phone, '+', '')", "NEW.email_key"),
        "name_key, phone, email_key, customer_id",
    ),
    "property": ("customer_id", "''", "NEW.address_key", "address_key, customer_id"),
}
"""Of each table the column of its customer, the two texts in SQL, and the columns that matter."""
for source, (customer_id, anywhere, by_word, columns) in TEXTS.items():
    names = {"source": source, "customer_id": customer_id}
    add = ADD.format(**names, anywhere=anywhere, by_word=by_word, longest=LONGEST, breaks=BREAKS)
    remove = REMOVE.format(**names)
    triggers.keep(source, columns, {"insert": add, "update": remove + add, "delete": remove})
