"""Compiled statements, found again by the identity of what they were compiled from.

SQLAlchemy's own cache compares statements by value: to find one, it hashes all parts of a statement at each execution,
which takes up to 0.2 ms for a union. Ours are built once, and so are their keys.
"""

from typing import Any

from sqlalchemy import Compiled, Engine
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.util import LRUCache

MOST = 500
"""Of each kind. Statements built anew each time have a key of their own each time, and push out the others."""


class CompiledStatements(LRUCache):
    """For the execution option `compiled_cache`; a key is (dialect, parts of the statement, how it is executed…)."""

    def __init__(self):
        super().__init__(MOST)
        self._same: dict[tuple, tuple[Any, Any, Any]] = {}

    def clear(self):
        super().clear()
        self._same.clear()

    def get(self, key: Any, default: Any = None) -> Any:
        dialect, parts, *how = key
        identity = (id(dialect), id(parts), *how)
        known = self._same.get(identity)
        if known and known[0] is dialect and known[1] is parts:
            return known[2]
        found = super().get(by_value(key), default)
        if found is not None:
            if len(self._same) >= MOST:
                self._same.clear()
            self._same[identity] = (dialect, parts, found)  # kept, so that nothing else gets their ids
        return found

    def __setitem__(self, key: Any, value: Any):
        super().__setitem__(by_value(key), value)


def by_value(key: Any) -> tuple:
    """The key without the names of the parameters of a SELECT: only what an INSERT or UPDATE writes depends on them."""
    dialect, parts, names, *how = key
    reads = issubclass(parts[1], SelectBase)
    return dialect, parts, () if reads else names, *how


def compiled_ahead(statement: Any, engine: Engine) -> Compiled:
    """A SELECT as it will be found when this engine executes it, by the same way as then. It needs no connection, but
    what the engine learns from its first one, on PostgreSQL.
    """
    kept = engine.get_execution_options()["compiled_cache"]
    return statement._compile_w_cache(engine.dialect, compiled_cache=kept, column_keys=[])[0]
