"""Search of quotes by their number, their title, and the names, emails, phone numbers and addresses of customers."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from sergio.customers.search import BYTES, FEW, LAST, LONGEST, SearchPiece, bounds, words_of
from sergio.database import triggers
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.text import folded
from sergio.quotes.models import Quote

NO_NUMBER = 0


class QuotePiece(CompanyOwned, Model):
    """`piece` is the rest of the folded title of a quote from any character on, as in `SearchPiece`."""

    __table_args__ = (
        Index(None, "company_id", "piece", "quote_id"),
        *within_company(quote_id="quote"),
        {"sqlite_with_rowid": False, "info": triggers.FOLLOWS},
    )

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    quote_id: Mapped[int] = mapped_column(primary_key=True)
    piece: Mapped[str] = mapped_column(BYTES, primary_key=True)


class Pieces(NamedTuple):
    """A table of pieces, the column of whom they belong to, and the names of the parameters of a word's range."""

    table: type[SearchPiece] | type[QuotePiece]
    owner: str
    first: str
    last: str

    def begin(self, row: Any, place: int) -> ColumnElement[bool]:
        """The condition that a piece begins with the word at that place."""
        piece = row.piece
        return and_(piece >= bindparam(f"{self.first}_{place}"), piece < bindparam(f"{self.last}_{place}"))

    def with_all(self, words: int) -> Select:
        """The ids of those who have all words: the first is looked up, the others are asked of each."""
        row = aliased(self.table)
        owner = getattr(row, self.owner)
        others = [self.has(row, owner, place) for place in range(1, words)]
        return select(owner).where(row.company_id == COMPANY, self.begin(row, 0), *others)

    def has(self, outer: Any, owner: Any, place: int) -> ColumnElement[bool]:
        """The condition that the `owner` in a row of `outer` has a word. PostgreSQL looks a value up for each; for
        EXISTS it would read all who have the word.
        """
        row = aliased(self.table)
        mine = row.company_id == COMPANY, row.company_id == outer.company_id, getattr(row, self.owner) == owner
        return select(row.piece).where(*mine, self.begin(row, place)).limit(1).scalar_subquery().is_not(None)


OF_CUSTOMERS = Pieces(SearchPiece, "customer_id", "word", "last")
OF_TITLES = Pieces(QuotePiece, "quote_id", "title", "last_title")


class QuoteSearch:
    """The shape and the parameters of a search text, for `matching`."""

    def __init__(self, text: str, company_id: int):
        """Reads how many customers and how many titles have each word, up to `FEW`."""
        words = words_of(text)
        titles = [word[:LONGEST] for word in folded(text.replace("\0", "")).split()[: len(words)]]
        counts = [0] * 2 * len(words)
        asked = bounds(words, company_id) | title_bounds(titles)
        for place, count in db.session.execute(frequencies(len(words)), asked) if words else ():
            counts[place] = count
        of_customers, of_titles = counts[: len(words)], counts[len(words) :]
        self.shape = {"words": len(words), "rare": rarest(of_customers) < FEW, "rare_title": rarest(of_titles) < FEW}
        self.parameters = bounds(rarest_first(words, of_customers), company_id)
        self.parameters |= title_bounds(rarest_first(titles, of_titles))
        self.parameters |= {"wanted_number": number_of(text)} if words else {}
        del self.parameters["company_id"]

    @property
    def finds_few(self) -> bool:
        return bool(self.shape["rare"] and self.shape["rare_title"])


def rarest(counts: list[int]) -> int:
    return min(counts, default=FEW)


def rarest_first(words: list[str], counts: list[int]) -> list[str]:
    return [words[place] for place in sorted(range(len(words)), key=counts.__getitem__)]


def title_bounds(words: list[str]) -> dict[str, str]:
    bounds = {}
    for place, word in enumerate(words):
        bounds |= {f"title_{place}": word, f"last_title_{place}": word + LAST}
    return bounds


@cache
def frequencies(words: int) -> Select:
    """How many pieces of customers, then how many of titles begin with each word, up to `FEW`, numbered from 0."""
    found = []
    for pieces in (OF_CUSTOMERS, OF_TITLES):
        for place in range(words):
            rows = select(pieces.table.piece).where(pieces.table.company_id == COMPANY)
            found.append(rows.where(pieces.begin(pieces.table, place)).limit(FEW).subquery())
    counts = [select(literal(place), func.count()).select_from(rows) for place, rows in enumerate(found)]
    return select(union_all(*counts).subquery())


def matching(words: int, *, rare: bool, rare_title: bool) -> ColumnElement[bool]:
    """The condition for quotes that a search of this shape finds. Where its words are rare, these are looked up;
    otherwise one quote after the other is asked, of which enough have them.
    """
    if rare and rare_title:
        numbered, theirs = aliased(Quote), aliased(Quote)
        by_number = select(numbered.id).where(numbered.company_id == COMPANY, numbered.number == NUMBER)
        by_customer = theirs.customer_id.in_(OF_CUSTOMERS.with_all(words))
        of_customers = select(theirs.id).where(theirs.company_id == COMPANY, by_customer)
        return Quote.id.in_(union_all(by_number, of_customers, OF_TITLES.with_all(words)))
    whose = and_(*(OF_CUSTOMERS.has(Quote, Quote.customer_id, place) for place in range(words)))
    named = and_(*(OF_TITLES.has(Quote, Quote.id, place) for place in range(words)))
    if rare:
        whose = Quote.customer_id.in_(OF_CUSTOMERS.with_all(words))
    if rare_title:
        named = Quote.id.in_(OF_TITLES.with_all(words))
    return or_(Quote.number == NUMBER, whose, named)


NUMBER = bindparam("wanted_number")


def number_of(text: str) -> int:
    """The number that a text names, such as "7" or "#7"; one that no quote has, for any other."""
    digits = text.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else NO_NUMBER


ADD = f"""
INSERT INTO quote_piece (company_id, quote_id, piece)
SELECT DISTINCT NEW.company_id, NEW.id, substr(text, place, {LONGEST}) FROM (
    WITH RECURSIVE places (text, place) AS (
        SELECT text, 1 FROM (SELECT NEW.title_key AS text) AS texts
        UNION ALL SELECT text, place + 1 FROM places WHERE place < length(text)
    ) SELECT text, place FROM places
) AS places
WHERE substr(text, place, 1) NOT IN ('', ' ');
"""  # noqa: S608 - only constants
REMOVE = "DELETE FROM quote_piece WHERE company_id = OLD.company_id AND quote_id = OLD.id;"
triggers.keep("quote", "title_key", {"insert": ADD, "update": REMOVE + ADD, "delete": REMOVE}, named="quote_title")
