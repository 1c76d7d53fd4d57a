"""Numbers in addresses."""

from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that a column of ours can hold. Nothing has a larger one, so its address is not there."""

    def __init__(self, url_map, **kwargs):
        super().__init__(url_map, **{"max": 2**31 - 1, **kwargs})
