"""Paged lists: the rows of a page, and links to the first and the next one.

A page begins after the last row of the page before it, not at a number of rows. So every page costs the same, and rows
added meanwhile move nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, tuple_
from sqlalchemy.types import TypeEngine

from sergio.extensions import db

ROWS = 20
ROWS_AND_ONE = ROWS + 1
"""One more than a page shows, to know whether there is a next page."""
LOWEST: dict[type, Any] = {
    int: -1,
    BigInteger: -(2**63),
    str: "",
    date: date.min,
    datetime: datetime.min.replace(tzinfo=UTC),
}
HIGHEST: dict[type, Any] = {
    int: 2**31 - 1,
    BigInteger: 2**63 - 1,
    str: "\U0010ffff",
    date: date.max,
    datetime: datetime.max.replace(tzinfo=UTC),
}
SEPARATOR = "~"


def words(text: str) -> str:
    if "\0" in text:
        raise ValueError("No database keeps NUL.")
    return text


def instant(text: str) -> datetime:
    if (value := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return value


READ: dict[type, Callable[[str], Any]] = {
    int: int,
    BigInteger: int,
    str: words,
    date: date.fromisoformat,
    datetime: instant,
}


def search_text(args, name: str = "q") -> str:
    """What a query string or a form searches for, in one line."""
    return " ".join(args.get(name, "").replace("\0", "").split())[:100]


class Order:
    """The order of a list or of a part of it, by `columns` that are never NULL and together unique.

    `after` is the condition for the rows behind a given one; `name` begins the names of its parameters. `by` is for
    `order_by`.
    """

    def __init__(self, name: str, *columns: Any, descending: bool = False):
        self.keys = [column.key for column in columns]
        self.types = [kind_of(column.type) for column in columns]
        self.names = [f"{name}_{key}" for key in self.keys]
        given = [bindparam(name, type_=column.type) for name, column in zip(self.names, columns, strict=True)]
        row, last = tuple_(*columns), tuple_(*given)
        self.after: ColumnElement[bool] = row < last if descending else row > last
        self.by = [column.desc() if descending else column.asc() for column in columns]
        self.begin, self.end = map(self._extreme, (HIGHEST, LOWEST) if descending else (LOWEST, HIGHEST))

    def _extreme(self, values: dict) -> dict[str, Any]:
        return {name: values[kind] for name, kind in zip(self.names, self.types, strict=True)}

    def written(self, row: Row) -> str:
        """The place of a row in the order, as text."""
        return SEPARATOR.join(str(getattr(row, key)) for key in self.keys)

    def read(self, text: str) -> dict[str, Any]:
        """The parameters for the rows behind that place; ValueError if it is none."""
        parts = text.split(SEPARATOR, len(self.keys) - 1)
        return {name: value_of(kind, part) for name, kind, part in zip(self.names, self.types, parts, strict=True)}

    def following(self, batch: Sequence[Row], most: int) -> dict[str, Any] | None:
        """The parameters for the rows behind a batch of at most `most`; None if it was the last."""
        return self.read(self.written(batch[-1])) if len(batch) == most else None


def kind_of(column: TypeEngine) -> type:
    """The key of the values of a column in `LOWEST`, `HIGHEST` and `READ`."""
    return BigInteger if isinstance(column, BigInteger) else column.python_type


def value_of(kind: type, text: str) -> Any:
    """The value that `Order.written` wrote; ValueError for any other text, and for values that no column holds."""
    value = READ[kind](text)
    if str(value) != text or "\x00" in text or not LOWEST[kind] <= value <= HIGHEST[kind]:
        raise ValueError(text)
    return value


class Sort(NamedTuple):
    """A way to sort a list, for `ui.sorts` and the heads of `ui.table`."""

    label: str
    path: str
    is_current: bool


class Paging:
    """A page of the list at `path`, by the query string `args`: `show`, a tab of `tabs` (labels by name), and `after`,
    the place of the last row of the page before. It has up to `size` rows.

    `kept` are further parts of the query string that the links need too, such as the search text.
    """

    def __init__(self, path: str, args, tabs: Mapping, size: int = ROWS, /, **kept: str):
        self.path, self.names, self.size, self.kept = path, tabs, size, kept
        self.show = args.get("show") if args.get("show") in tabs else next(iter(tabs))
        self.after = args.get("after", "")
        self.next: str | None = None

    def rows_of(self, statement: Select, *orders: Order, **parameters) -> Sequence[Row]:
        """This page's rows of a statement that has the condition `after` of each of its parts' orders, is ordered, and
        ends after one more than `size`. With several parts, the column `part` of a row is the index of its own.
        """
        found = db.rows(statement, parameters | self._places(orders))
        rows = found[: self.size]
        if len(found) > self.size:
            part = getattr(rows[-1], "part", 0)
            self.next = self._url(after=f"{part}{SEPARATOR}{orders[part].written(rows[-1])}")
        return rows

    def _places(self, orders: Sequence[Order]) -> dict[str, Any]:
        """The parameters of all orders: the parts before the place have ended, those behind it begin."""
        try:
            part, _separator, place = self.after.partition(SEPARATOR)
            index = range(len(orders)).index(int(part))
            here = orders[index].read(place)
        except (ValueError, TypeError):  # TypeError for a time without a time zone
            return {name: value for order in orders for name, value in order.begin.items()}
        ended = [order.end for order in orders[:index]]
        begins = [order.begin for order in orders[index + 1 :]]
        return {name: value for values in (*ended, here, *begins) for name, value in values.items()}

    @property
    def tabs(self) -> list[tuple]:
        """For `ui.tabs`."""
        more = f"&{urlencode(self.kept)}" if self.kept else ""
        urls = {name: f"{self.path}?show={name}{more}" for name in self.names}
        return [(urls[name], str(label), name == self.show, None) for name, label in self.names.items()]

    def sorts(self, labels: Mapping[str, Any], chosen: str) -> dict[str, Sort]:
        """The ways to sort this tab, by the name that `?sort=` has; "" is the usual one."""
        kept = {name: value for name, value in self.kept.items() if name != "sort"}
        queries = {name: {"show": self.show, **kept, **({"sort": name} if name else {})} for name in labels}
        return {
            name: Sort(str(label), f"{self.path}?{urlencode(queries[name])}", name == chosen)
            for name, label in labels.items()
        }

    @property
    def first(self) -> str | None:
        """The URL of the first page, on any other."""
        return self._url() if self.after else None

    def _url(self, **place: str) -> str:
        return f"{self.path}?{urlencode({'show': self.show, **self.kept, **place})}"
