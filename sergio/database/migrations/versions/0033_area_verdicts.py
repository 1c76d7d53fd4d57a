"""Requests from outside the service area, and addresses that staff know.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("service_area") as batch_op:
        batch_op.add_column(sa.Column("exempts_known", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("version", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("property") as batch_op:
        batch_op.add_column(sa.Column("is_known", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.add_column(sa.Column("area", sa.String(length=10), nullable=False, server_default=""))
        batch_op.create_check_constraint(batch_op.f("ck_appointment_area"), "area IN ('', 'out', 'unknown')")


def downgrade():
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_appointment_area"), type_="check")
        batch_op.drop_column("area")
    with op.batch_alter_table("property") as batch_op:
        batch_op.drop_column("is_known")
    with op.batch_alter_table("service_area") as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("exempts_known")
