"""The converter of numbers in URLs."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that an INTEGER column can hold; a larger one is a 404, not an error of the database."""

    def __init__(self, map: Map, **kwargs: Any):
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, **kwargs)
