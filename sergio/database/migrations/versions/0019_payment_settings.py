"""What a company has decided about payments.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    switches = {"accepts_bank_debits": sa.false(), "saves_methods": sa.true(), "offers_autopay": sa.false()}
    with op.batch_alter_table("company") as batch_op:
        for name, default in switches.items():
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
        batch_op.add_column(sa.Column("autopay_notice_days", sa.Integer(), nullable=False, server_default="3"))


def downgrade():
    with op.batch_alter_table("company") as batch_op:
        for name in ("accepts_bank_debits", "saves_methods", "offers_autopay", "autopay_notice_days"):
            batch_op.drop_column(name)
