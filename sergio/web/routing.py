"""Numbers in addresses."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that a column of ours can hold. Nothing has a larger one: such a page is not there."""

    def __init__(self, map: Map, **kwargs: Any):
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, **kwargs)
