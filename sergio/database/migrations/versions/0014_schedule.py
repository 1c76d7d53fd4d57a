"""the office's schedule: quotes of appointments, requests for another time, times proposed.

Revision 0014, after 0013.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ALL_WANTED = (
    "(wanted_starts_at IS NULL) = (wanted_free_at IS NULL) AND (wanted_free_at IS NULL) = (wanted_staff_id IS NULL)"
)
INDEXES = {"wanted": "wanted_free_at", "waiting": "waiting_since", "quote": "quote_id"}
NEW = ("booked_by", "cancel_reason", "office_note", "proposed")


def upgrade():
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.add_column(sa.Column("booked_by", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("cancel_reason", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("quote_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("office_note", sa.String(length=2000), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wanted_starts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wanted_free_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wanted_staff_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("proposed", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("appointment") as batch_op:
        for column in NEW:
            batch_op.alter_column(column, server_default=None)
        batch_op.create_check_constraint(op.f("ck_appointment_all_of_what_is_wanted"), ALL_WANTED)
        batch_op.create_foreign_key(
            op.f("fk_appointment_company_id_wanted_staff_id"),
            "staff_member",
            ["company_id", "wanted_staff_id"],
            ["company_id", "id"],
        )
        batch_op.create_foreign_key(
            op.f("fk_appointment_company_id_quote_id"), "quote", ["company_id", "quote_id"], ["company_id", "id"]
        )
        for name, column in INDEXES.items():
            batch_op.create_index(f"ix_appointment_{name}", ["company_id", column], unique=False, **where(column))
    op.execute(
        "UPDATE appointment SET waiting_since = created_at "
        "WHERE approval = 'requested' AND canceled_at IS NULL AND completed_at IS NULL"
    )


def where(column: str) -> dict:
    return dict.fromkeys(("sqlite_where", "postgresql_where"), sa.text(f"{column} IS NOT NULL"))


def downgrade():
    release_wanted_times()
    with op.batch_alter_table("appointment") as batch_op:
        for name, column in INDEXES.items():
            batch_op.drop_index(f"ix_appointment_{name}", **where(column))
        batch_op.drop_constraint(op.f("fk_appointment_company_id_quote_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_appointment_company_id_wanted_staff_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_appointment_all_of_what_is_wanted"), type_="check")
        for column in (*NEW, *INDEXES.values(), "wanted_starts_at", "wanted_staff_id"):
            batch_op.drop_column(column)


def release_wanted_times():
    """Before, an appointment held its own time only."""
    times = (sa.Column(name, sa.DateTime(timezone=True)) for name in ("starts_at", "free_at", "wanted_free_at"))
    appointment = sa.Table("appointment", sa.MetaData(), sa.Column("id", sa.Integer()), *times)
    held = sa.table("appointment_slice", sa.column("appointment_id"), sa.column("quarter_hour"))
    rows = sa.select(appointment).where(appointment.c.wanted_free_at.is_not(None))
    for row in op.get_bind().execute(rows).all():
        own = held.c.quarter_hour.between(quarter_of(row.starts_at), quarter_of(row.free_at) - 1)
        op.execute(held.delete().where(held.c.appointment_id == row.id, sa.not_(own)))


def quarter_of(at: datetime) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) // 900
