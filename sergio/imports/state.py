"""The state of customers, to tell whether anything was done with them since an import."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.database.triggers import FOLLOWS
from sergio.extensions import Model, db
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.language import lazy_gettext as _l

OWN: tuple[Any, ...] = (Customer, Contact, Property, CustomerNote)
"""What a customer consists of."""
LINKS = {
    "customer_id": "customer",
    "merged_into_id": "customer",
    "contact_id": "contact",
    "property_id": "property",
}
"""The columns that refer to a customer or a part of it, and the tables they refer to."""
SILENT = ("audit_entry", "import_line", *(table.__tablename__ for table in OWN))
"""Tables that tell nothing of what was done with a customer, or that `digests` compares."""
REASONS = {
    "quote": _l("There is a quote."),
    "invoice": _l("There is an invoice."),
    "appointment": _l("There is an appointment."),
    "sign_in": _l("Someone has signed in to the portal."),
    "outgoing_email": _l("We have sent an email."),
    "preview": _l("Someone has previewed the portal as this customer."),
    "customer": _l("Another customer was merged into this one."),
}
OTHERWISE = _l("It is used elsewhere.")
CHANGED = _l("It was changed since.")


def digests(company_id: int, ids: Sequence[int]) -> dict[int, str]:
    """For each of the customers a digest of all its columns, contacts, addresses and notes."""
    found: dict[int, list] = {each: [] for each in ids}
    for model in OWN:
        table = model.__table__
        owner = table.c.id if model is Customer else table.c.customer_id
        rows = select(owner.label("owner"), table).where(table.c.company_id == company_id, owner.in_(ids))
        for row in db.session.execute(rows.order_by(table.c.id)).mappings():
            values = {column.name: str(row[column]) for column in table.c}
            found[row["owner"]].append({"table": table.name, **values})
    return {each: fingerprint(canonical_json({"rows": rows})) for each, rows in found.items() if rows}


def uses(company_id: int, ids: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], str]:
    """Which of these rows, by table and id, others refer to, and a sentence on one of those."""
    found: dict[tuple[str, int], str] = {}
    for column, table in linking():
        wanted = ids.get(LINKS[column.name], ())
        if wanted:
            rows = select(column).where(table.c.company_id == company_id, column.in_(wanted)).distinct()
            for each in db.session.scalars(rows):
                found.setdefault((LINKS[column.name], each), str(REASONS.get(table.name, OTHERWISE)))
    return found


def linking() -> Iterator[tuple[Any, Any]]:
    """The columns that refer to customers, with their tables; those with a sentence of their own first."""
    tables = Model.metadata.sorted_tables
    spoken = sorted(tables, key=lambda table: table.name not in REASONS)
    for table in spoken:
        if table.name not in SILENT and table.info != FOLLOWS:
            yield from ((table.c[name], table) for name in LINKS if name in table.c)
    yield Customer.__table__.c.merged_into_id, Customer.__table__
