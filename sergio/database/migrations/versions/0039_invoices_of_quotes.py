"""An index of the invoices that came from quotes.

Revision 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

OF_A_QUOTE = sa.text("quote_id IS NOT NULL")


def upgrade():
    columns = ["company_id", "quote_id"]
    op.create_index("ix_invoice_of_quote", "invoice", columns, sqlite_where=OF_A_QUOTE, postgresql_where=OF_A_QUOTE)


def downgrade():
    op.drop_index("ix_invoice_of_quote", "invoice")
