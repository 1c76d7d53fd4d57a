"""Proof that a statement stays inside one company: each table of a company's rows in it is tied to the company.

A table is tied if the statement compares its `company_id` with a parameter, or joins it by a foreign key to a table
that is tied: those keys include the company (`within_company`), so the database itself keeps both rows in one.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, FromClause, Join, Select, Table
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping
from sqlalchemy.sql.selectable import CTE, AliasedReturnsRows, SelectBase, Subquery

COMPANY = "company_id"
ANY_DIALECT = DefaultDialect()
Froms = tuple[FromClause, ...]


def company_parameters(statement: Any) -> set[BindParameter]:
    """The parameters that a statement compares with a `company_id`; PermissionError if one of its tables is not tied.

    Takes a SELECT (with ORM entities or columns), UPDATE or DELETE.
    """
    if isinstance(statement, SelectBase):
        return of_query(statement, ())
    conditions = list(conjuncts(statement.whereclause))
    return of_tables((statement.table,), conditions) | of_subqueries(conditions, (statement.table,))


def of_query(query: Any, enclosing: Froms) -> set[BindParameter]:
    if isinstance(query, CompoundSelect):
        return set().union(*(of_query(part, enclosing) for part in query.selects))
    if not isinstance(query, Select):
        return of_query(query.element, enclosing)
    froms = froms_of(query)
    tables = tuple(plain(table) for joined in froms for table in members(joined))
    correlated = correlated_tables(query, enclosing)
    own = tuple(table for table in tables if table not in correlated) or tables
    conditions = [each for joined in froms for each in on_clauses(joined)] + list(conjuncts(query.whereclause))
    inner = of_subqueries([*query.inner_columns, *conditions], (*enclosing, *own))
    for table in own:
        if isinstance(table, Subquery | CTE):
            inner |= of_query(table.element, ())
    return inner | of_tables(own, conditions, correlated)


def froms_of(query: Any) -> Froms:
    """What a query reads from, with the joins of the ORM: `query.get_final_froms()` without the SQL of all that is in
    it, which was half of the first view of a page.
    """
    return query._compile_state_factory(query, SQLCompiler(ANY_DIALECT, None))._get_display_froms()


def correlated_tables(query: Any, enclosing: Froms) -> Froms:
    """The tables outside that a subquery may use, as SQLAlchemy decides it."""
    if query._correlate_except is not None:
        kept = [plain(table) for table in query._correlate_except]
        return tuple(table for table in enclosing if table not in kept)
    named = [plain(table) for table in query._correlate]
    return tuple(table for table in enclosing if query._auto_correlate or table in named)


def of_subqueries(expressions: list, enclosing: Froms) -> set[BindParameter]:
    """The same for the scalar subqueries and EXISTS in these expressions."""
    found = set()
    for expression in expressions:
        for query in queries_in(expression):
            found |= of_query(query, enclosing)
    return found


def queries_in(expression: Any) -> Iterator[SelectBase]:
    """The outermost queries in an expression; those inside them are proven with them."""
    if isinstance(expression, SelectBase):
        yield expression
    else:
        for part in expression.get_children():
            yield from queries_in(part)


def of_tables(tables: Froms, conditions: list[ColumnElement], enclosing: Froms = ()) -> set[BindParameter]:
    """The parameters that tie these tables, joined and filtered by `conditions`."""
    parameters, pairs = set(), []
    tied: set[Any] = {table for table in (*tables, *enclosing) if not is_owned(table)}
    tied |= set(enclosing) - set(tables)  # proven where they are read
    for left, right in equalities(conditions):
        for column, other in ((left, right), (right, left)):
            if isinstance(other, BindParameter) and column.key == COMPANY:
                parameters.add(other)
                tied.add(owner(column))
        if same_company(left, right):
            pairs.append((owner(left), owner(right)))
    while more := {table for pair in pairs if tied & set(pair) for table in pair} - tied:
        tied |= more
    if astray := sorted(str(name_of(table)) for table in tables if table not in tied):
        raise PermissionError(f"This statement reads or writes rows of every company: {', '.join(astray)}.")
    return parameters


def is_owned(table: FromClause) -> bool:
    """Whether a table, or an alias of one, has rows of companies. A subquery is proven by itself."""
    named: Any = table
    if isinstance(table, AliasedReturnsRows) and not isinstance(table, Subquery | CTE):
        named = table.element
    return isinstance(named, Table) and COMPANY in table.c


def same_company(left: Any, right: Any) -> bool:
    """Whether `left = right` makes both rows belong to one company."""
    if not (isinstance(left, ColumnElement) and isinstance(right, ColumnElement)):
        return False
    if owner(left) is None or owner(right) is None:
        return False
    if left.key == right.key == COMPANY:
        return True
    return any(refers(one, other) or refers(other, one) for one in left.base_columns for other in right.base_columns)


@cache
def refers(column: Any, other: Any) -> bool:
    """Whether a foreign key with the company in it leads from `column` to `other`."""
    table = getattr(column, "table", None)
    keys = table.foreign_key_constraints if isinstance(table, Table) else ()
    return any(
        COMPANY in key.columns and any(element.parent is column and element.column is other for element in key.elements)
        for key in keys
    )


def owner(column: Any) -> FromClause | None:
    table = getattr(column, "table", None)
    return table if table is None else plain(table)


def plain(table: Any) -> FromClause:
    """The table without the annotations of the ORM, which make copies of it."""
    return table._deannotate() if isinstance(table, Table) else table


def members(joined: FromClause) -> Iterator[FromClause]:
    if isinstance(joined, Join):
        yield from members(joined.left)
        yield from members(joined.right)
    else:
        yield joined


def on_clauses(joined: FromClause) -> Iterator[ColumnElement]:
    if isinstance(joined, Join):
        yield from on_clauses(joined.left)
        yield from on_clauses(joined.right)
        yield from conjuncts(joined.onclause)


def conjuncts(condition: Any) -> Iterator[ColumnElement]:
    """The parts of a condition that must all be true."""
    if isinstance(condition, Grouping):
        yield from conjuncts(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for part in condition.clauses:
            yield from conjuncts(part)
    elif condition is not None:
        yield condition


def equalities(conditions: list[ColumnElement]) -> Iterator[tuple[Any, Any]]:
    for condition in conditions:
        if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
            yield condition.left, condition.right


def name_of(table: Any) -> str:
    return getattr(getattr(table, "element", table), "name", table)
