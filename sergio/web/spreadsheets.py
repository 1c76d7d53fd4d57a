"""Tables as CSV files (RFC 4180), safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable
from io import StringIO
from itertools import chain

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How text begins that spreadsheets read as a formula (owasp.org/www-community/attacks/CSV_Injection)."""
BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""


def download(name: str, batches: Iterable[list[list]]) -> Response:
    """A CSV file that the browser saves as `name`.csv, streamed by `batches` of rows."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(chain([BOM], map(text, batches)), mimetype="text/csv", headers=headers)


def text(rows: list[list]) -> str:
    written = StringIO()
    csv.writer(written).writerows([cell(value) for value in row] for row in rows)
    return written.getvalue()


def cell(value) -> str:
    """A value as text that no spreadsheet runs: text that looks like a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
