"""The rate of the application fee, on attempts.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.add_column(sa.Column("fee_rate", sa.Integer(), nullable=False, server_default="0"))


def downgrade():
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.drop_column("fee_rate")
