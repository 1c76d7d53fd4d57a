"""The time of trips between appointments.

Revision 0036, after 0035.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("service_area") as batch_op:
        batch_op.add_column(sa.Column("travel_speed", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("travel_minutes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(batch_op.f("ck_service_area_travel_speed"), "travel_speed >= 1")
        batch_op.create_check_constraint(batch_op.f("ck_service_area_travel_minutes"), "travel_minutes >= 0")


def downgrade():
    with op.batch_alter_table("service_area") as batch_op:
        for name in ("travel_speed", "travel_minutes"):
            batch_op.drop_constraint(batch_op.f(f"ck_service_area_{name}"), type_="check")
            batch_op.drop_column(name)
