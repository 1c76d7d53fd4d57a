"""Routes: numbers in URLs, and loading them quickly."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map, Rule

LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """`<int:number>`: a number that fits an INTEGER column; a larger one is a 404, not a database error."""

    def __init__(self, map: Map, **kwargs: Any):
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, **kwargs)


class LateRule(Rule):
    """A route that compiles how to build its URL when one is first asked for: of all routes, that is an eighth of the
    time to load the application, and most are never asked.
    """

    def _compile_builder(self, append_unknown: bool = True):  # noqa: FBT001, FBT002 - as in werkzeug
        compiled = None

        def build(rule, *args: Any, **kwargs: Any):
            nonlocal compiled
            compiled = compiled or Rule._compile_builder(rule, append_unknown)
            return compiled(rule, *args, **kwargs)

        return build
