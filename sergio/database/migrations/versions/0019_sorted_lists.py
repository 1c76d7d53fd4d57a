"""Indexes for lists of invoices by amount.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NEEDS_ATTENTION = sa.text("status IN ('open', 'processing', 'disputed', 'overpaid')")


def upgrade():
    op.create_index(
        "ix_invoice_unsettled_by_due",
        "invoice",
        ["company_id", "due", "number"],
        sqlite_where=NEEDS_ATTENTION,
        postgresql_where=NEEDS_ATTENTION,
    )
    op.create_index(op.f("ix_invoice_company_id_total_number"), "invoice", ["company_id", "total", "number"])


def downgrade():
    op.drop_index(op.f("ix_invoice_company_id_total_number"), "invoice")
    op.drop_index("ix_invoice_unsettled_by_due", "invoice")
