"""LIMIT in SQL for SQLite: written so that a statement is planned once, not again at every execution.

SQLite reads the value of `LIMIT ?` to plan with it, and so plans the statement again whenever a value is bound, even
the same (`sqlite3ExprIsInteger` in its source). That takes as long as all else that it does for a page. It does not
look into an expression.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


class LimitsByExpression(SQLiteCompiler):
    def limit_clause(self, select: Any, **kwargs: Any) -> str:
        return super().limit_clause(select, **kwargs).replace("LIMIT ", "LIMIT 0 + ", 1)


def limit_by_expressions(engine: Engine):
    """Let this engine's statements have such limits, if it is one on SQLite."""
    if engine.dialect.name == "sqlite":
        engine.dialect.statement_compiler = LimitsByExpression
