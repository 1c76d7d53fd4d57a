"""The converter of numbers in URLs."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that fits an INTEGER column; a larger one is a 404, not a database error."""

    def __init__(self, map: Map, **kwargs: Any):
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, **kwargs)
