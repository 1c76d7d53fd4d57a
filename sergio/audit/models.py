"""The audit trail: one entry for each action, added in the transaction of the action."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import KINDS, Actor
from sergio.database.append_only import append_only_but
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db


@append_only_but("customer_id")
class AuditEntry(CompanyOwned, Model):
    """Who did what to which row. `subject` is the row's table, `subject_id` its id, `number` the one people see.
    `customer_id` is of the customer it belongs to, if any, without a foreign key, because customers are a layer above;
    it changes when two customers are merged, and is no part of what happened.

    `before` and `after` are the values that changed, as JSON by column name. Amounts are in minor units under a name
    that ends in `amount`, `total`, `due` or `paid`, with their `currency` in the same object.
    """

    __table_args__ = (
        Index(None, "company_id", "at"),
        Index(None, "company_id", "actor_kind", "actor_id", "at"),
        Index(None, "company_id", "subject", "at"),
        Index(None, "company_id", "customer_id", "subject", "at"),
        one_of("actor_kind", KINDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    number: Mapped[int | None]
    before: Mapped[dict]
    after: Mapped[dict]
    ip_address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(40), default="")
    customer_id: Mapped[int | None]


def record(row, action: str, *, by: Actor, at: datetime, before: dict | None = None, after: dict | None = None):
    """Add an entry: `by` did `action` ("accepted", "voided") to a row of a company. The row is flushed for its id.

    Does nothing for rows without a company, such as the platform's own jobs. The entry is found under the row's
    `customer_id`, where the row has one.
    """
    if row.id is None:
        db.session.flush()
    if row.company_id is not None:
        record_all([entry_of(row, action, by=by, at=at, before=before, after=after)])


def entry_of(
    row, action: str, *, by: Actor, at: datetime, before: dict | None = None, after: dict | None = None
) -> dict:
    """An entry as `record` adds it, for `record_all`; the row has its id."""
    return {
        "company_id": row.company_id,
        "at": at,
        "actor_kind": by.kind,
        "actor_id": by.id,
        "actor_name": by.name[:120],
        "action": action,
        "subject": row.__tablename__,
        "subject_id": row.id,
        "number": getattr(row, "number", None),
        "before": before or {},
        "after": after or {},
        "ip_address": by.ip_address,
        "request_id": by.request_id,
        "customer_id": getattr(row, "customer_id", None),
    }


def record_all(entries: Sequence[dict]):
    """Add many entries by one statement."""
    if entries:
        db.change(INSERT, entries)


INSERT = insert(Model.metadata.tables["audit_entry"])


def changes(row, **values) -> tuple[dict, dict]:
    """The `before` and `after` of an entry for setting `values` on a row; equal values are left out."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    return {name: getattr(row, name) for name in changed}, changed
