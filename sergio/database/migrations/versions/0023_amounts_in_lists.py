"""What each customer owes, and the total that lists show of a quote, so that lists are sorted by them.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OWING = sa.text("owes > 0")
CURRENT = sa.text("archived_at IS NULL")
OWED = """
UPDATE customer SET owes = (
    SELECT COALESCE(sum(due), 0) FROM invoice
    WHERE invoice.company_id = customer.company_id AND invoice.customer_id = customer.id
    AND due > 0 AND status IN ('open', 'processing', 'disputed', 'overpaid')
)
"""
SHOWN = """
UPDATE quote SET shown_total = COALESCE(
    (SELECT total FROM quote_acceptance AS proof WHERE proof.company_id = quote.company_id
        AND proof.quote_id = quote.id AND proof.times_undone = quote.times_undone),
    (SELECT total FROM quote_version AS sent WHERE sent.company_id = quote.company_id
        AND sent.quote_id = quote.id AND sent.version = quote.version),
    total
)
"""
TRIGGERS = [f"invoice_owed_kept_on_{event}" for event in ("insert", "update", "delete")]


def upgrade():
    op.add_column("customer", sa.Column("owes", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(OWED)
    create("ix_customer_owing_by_name", "customer", ["company_id", "name_key", "id"], OWING)
    create("ix_customer_owing_by_number", "customer", ["company_id", "number"], OWING)
    create("ix_customer_current_by_owes", "customer", ["company_id", "owes", "id"], CURRENT)
    op.create_index(op.f("ix_customer_company_id_owes_id"), "customer", ["company_id", "owes", "id"])
    op.add_column("quote", sa.Column("shown_total", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(SHOWN)
    op.create_index(op.f("ix_quote_company_id_shown_total_number"), "quote", ["company_id", "shown_total", "number"])
    by_outcome = ["company_id", "outcome", "shown_total", "number"]
    op.create_index(op.f("ix_quote_company_id_outcome_shown_total_number"), "quote", by_outcome)


def create(name: str, table: str, columns: list[str], condition):
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade():
    on_server = op.get_bind().dialect.name == "postgresql"
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {trigger}" + (" ON invoice" if on_server else ""))
    op.drop_index(op.f("ix_quote_company_id_outcome_shown_total_number"), "quote")
    op.drop_index(op.f("ix_quote_company_id_shown_total_number"), "quote")
    op.drop_column("quote", "shown_total")
    op.drop_index(op.f("ix_customer_company_id_owes_id"), "customer")
    for name in ("current_by_owes", "owing_by_number", "owing_by_name"):
        op.drop_index(f"ix_customer_{name}", "customer")
    op.drop_column("customer", "owes")
