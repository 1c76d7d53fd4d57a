"""Deposits of appointments, which are paid in full.

Revision 0050, after 0049.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.add_column(sa.Column("secures_appointment", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE invoice SET secures_appointment = true WHERE id IN (SELECT invoice_id FROM appointment_guarantee)"
    )


def downgrade():
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.drop_column("secures_appointment")
