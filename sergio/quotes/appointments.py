"""The appointments of a quote, for its page; read by their table, because their model is in a higher layer."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Row, Select, bindparam, select

from sergio.database.company_scope import COMPANY
from sergio.extensions import Model, db


def of_quote(company_id: int, quote_id: int) -> Sequence[Row[tuple[int, datetime]]]:
    """Number and start of each that is not canceled, the next first."""
    return db.rows(standing(), {"company_id": company_id, "quote_id": quote_id})


@cache
def standing() -> Select:
    table = Model.metadata.tables["appointment"]
    mine = table.c.company_id == COMPANY, table.c.quote_id == bindparam("quote_id"), table.c.canceled_at.is_(None)
    return select(table.c.number, table.c.starts_at).where(*mine).order_by(table.c.starts_at, table.c.id)
