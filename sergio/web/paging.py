"""Paged lists: the rows of a page, and links to the other pages."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sqlalchemy import Row, Select, func

from sergio.extensions import db
from sergio.lib.language import gettext as _

ROWS = 20
LAST_PAGE = 10_000


class Paging:
    """A page of the list at `path`, by the query string `args` (`show`, a tab; `page`). `tabs` are labels by name.

    `kept` are further parts of the query string that the links need too, such as the search text.
    """

    def __init__(self, path: str, args, tabs: Mapping, **kept: str):
        self.path, self.names, self.kept = path, tabs, kept
        self.show = args.get("show") if args.get("show") in tabs else next(iter(tabs))
        self.page = min(max(args.get("page", 1, type=int), 1), LAST_PAGE)
        self.count = 0

    def rows_of(self, query: Select) -> Sequence[Row]:
        """This page's rows of an ordered query; their last column is the count of all pages, in the same statement."""
        counted = query.add_columns(func.count().over().label("rows_of_all_pages"))
        rows = db.session.execute(counted.limit(ROWS).offset(self.first)).all()
        self.count = rows[0][-1] if rows else 0
        return rows

    @property
    def first(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * ROWS

    @property
    def tabs(self) -> list[tuple]:
        """For `ui.tabs`."""
        return [(f"{self.path}?show={name}", label, name == self.show, None) for name, label in self.names.items()]

    @property
    def newer(self) -> str | None:
        return self._url(self.page - 1) if self.page > 1 else None

    @property
    def older(self) -> str | None:
        return self._url(self.page + 1) if self.first + ROWS < self.count else None

    @property
    def text(self) -> str:
        """ "1 to 20 of 57"."""
        last = min(self.first + ROWS, self.count)
        return _("%(first)s to %(last)s of %(count)s", first=self.first + 1, last=last, count=self.count)

    def _url(self, page: int) -> str:
        return f"{self.path}?{urlencode({'show': self.show, **self.kept, 'page': page})}"
