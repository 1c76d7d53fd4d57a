"""Numbers of rows in URLs, query strings and forms."""

from typing import Any

from flask import request
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that fits an INTEGER column; a larger one is a 404, not a database error."""

    def __init__(self, map: Map, **kwargs: Any):
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, **kwargs)


def row_number(name: str) -> int | None:
    """A number in the query string or the form; None if it cannot be a row's number."""
    number = request.values.get(name, type=int)
    return number if number and 0 < number <= LARGEST else None
