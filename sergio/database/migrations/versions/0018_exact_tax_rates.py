"""Tax rates in parts per million: New York City's 8.875 % has three decimals. Frozen documents stay as they are.
Indexes for lists of invoices by amount.

Revision 0018, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_MOST = {"price_list_item": {"tax_rate": "BETWEEN 0 AND 10000", "tax_ppm": "BETWEEN 0 AND 1000000"}}
NEEDS_ATTENTION = sa.text("status IN ('open', 'processing', 'disputed', 'overpaid')")
TABLES = ("company", "price_list_item", "quote_line", "invoice_line")


def upgrade():
    for table in TABLES:
        rename(table, "tax_rate", "tax_ppm", "tax_ppm * 100")
    op.create_index(
        "ix_invoice_unsettled_by_due",
        "invoice",
        ["company_id", "due", "number"],
        sqlite_where=NEEDS_ATTENTION,
        postgresql_where=NEEDS_ATTENTION,
    )
    op.create_index(op.f("ix_invoice_company_id_total_number"), "invoice", ["company_id", "total", "number"])


def downgrade():
    """Rates are rounded to two decimals."""
    op.drop_index(op.f("ix_invoice_company_id_total_number"), "invoice")
    op.drop_index("ix_invoice_unsettled_by_due", "invoice")
    for table in TABLES:
        rename(table, "tax_ppm", "tax_rate", "CAST(round(tax_rate / 100.0) AS INTEGER)")


def rename(table: str, old: str, new: str, values: str):
    """`values` is SQL of the renamed column."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{old}"), type_="check")
        batch_op.alter_column(old, new_column_name=new, existing_type=sa.Integer(), existing_nullable=False)
    op.execute(f"UPDATE {table} SET {new} = {values} WHERE {new} > 0")  # noqa: S608 - only constants
    with op.batch_alter_table(table) as batch_op:
        batch_op.create_check_constraint(op.f(f"ck_{table}_{new}"), f"{new} {AT_MOST.get(table, {}).get(new, '>= 0')}")
