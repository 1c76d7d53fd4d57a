"""What customers see

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SWITCHES = (
    *("shows_quotes", "shows_invoices", "shows_history"),
    *("shows_documents", "shows_line_prices", "shows_technician"),
)


def upgrade():
    for switch in SWITCHES:
        op.add_column("company", sa.Column(switch, sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("company", sa.Column("history_months", sa.Integer(), nullable=True))


def downgrade():
    op.drop_column("company", "history_months")
    for switch in SWITCHES:
        op.drop_column("company", switch)
