"""Tables as CSV files (RFC 4180), safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from io import StringIO
from itertools import chain
from typing import Any

from flask import Flask, Response, current_app

from sergio.database.engines import Session
from sergio.extensions import db
from sergio.lib.language import OFFICE, speaking

FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
"""How text begins that spreadsheets read as a formula (owasp.org/www-community/attacks/CSV_Injection), also behind the
apostrophes that are put in front of it.
"""
BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""


def download(name: str, batches: Iterable[list[list]]) -> Response:
    """A CSV file that the browser saves as `name`.csv, streamed by `batches` of rows."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(chain([BOM], map(text, batches)), mimetype="text/csv", headers=headers)


def in_batches(read: Callable[[Session, Any], tuple[list[list], Any]], begin: Any) -> Iterator[list[list]]:
    """The rows of a file. `read` gives the batch of them that begins at a place, and the place of the next one, None
    after the last.
    """
    app: Any = current_app  # a proxy, whose app is still needed after the request
    return batches(app._get_current_object(), read, begin)


def batches(app: Flask, read: Callable, place: Any) -> Iterator[list[list]]:
    """Each batch is read and formatted in a context of its own: the request's is gone when the server sends it, and no
    transaction stays open for a slow client.
    """
    while place is not None:
        with app.app_context(), speaking(OFFICE), Session(db) as reading:
            rows, place = read(reading, place)
        yield rows


def moment(at: datetime | None, zone: tzinfo) -> str:
    """An instant as a spreadsheet reads it, in a time zone; empty for None."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def text(rows: list[list]) -> str:
    written = StringIO()
    csv.writer(written).writerows([cell(value) for value in row] for row in rows)
    return written.getvalue()


def cell(value) -> str:
    """A value as text that no spreadsheet runs: text that looks like a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def as_typed(cell: str) -> str:
    """The text of a cell, without the apostrophe that `cell` puts in front."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
