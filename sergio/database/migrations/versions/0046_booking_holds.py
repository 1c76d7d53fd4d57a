"""Times that are held for somebody who is booking.

Revision 0046, after 0045.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

HELD, OF_HOLD = sa.text("held_until IS NOT NULL"), sa.text("hold_id IS NOT NULL")


def upgrade():
    op.create_table(
        "booking_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("property_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_at < free_at", name=op.f("ck_booking_hold_in_order")),
        *(within_company(column, table) for column, table in BELONGS_TO),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_booking_hold_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_hold")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_booking_hold_company_id_id")),
        sa.UniqueConstraint("company_id", "contact_id", name=op.f("uq_booking_hold_company_id_contact_id")),
    )
    op.create_index(op.f("ix_booking_hold_company_id_property_id"), "booking_hold", ["company_id", "property_id"])
    op.create_index(op.f("ix_booking_hold_created_at"), "booking_hold", ["created_at"])
    op.create_index("ix_booking_hold_held", "booking_hold", ["held_until"], sqlite_where=HELD, postgresql_where=HELD)
    with op.batch_alter_table("appointment_slice") as batch_op:
        batch_op.alter_column("appointment_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("hold_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_appointment_slice_taken_by_one"), "(appointment_id IS NULL) = (hold_id IS NOT NULL)"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_appointment_slice_held_until_then"), "(hold_id IS NULL) = (held_until IS NULL)"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_appointment_slice_company_id_hold_id"),
            "booking_hold",
            ["company_id", "hold_id"],
            ["company_id", "id"],
        )
        batch_op.create_index(
            "ix_appointment_slice_hold", ["company_id", "hold_id"], sqlite_where=OF_HOLD, postgresql_where=OF_HOLD
        )


BELONGS_TO = [
    ("contact_id", "contact"),
    ("service_id", "service"),
    ("property_id", "property"),
    ("staff_id", "staff_member"),
]


def within_company(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["company_id", column],
        [f"{table}.company_id", f"{table}.id"],
        name=op.f(f"fk_booking_hold_company_id_{column}"),
    )


def downgrade():
    op.execute("DELETE FROM appointment_slice WHERE hold_id IS NOT NULL")
    with op.batch_alter_table("appointment_slice") as batch_op:
        batch_op.drop_index("ix_appointment_slice_hold")
        batch_op.drop_constraint(batch_op.f("fk_appointment_slice_company_id_hold_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("ck_appointment_slice_held_until_then"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_appointment_slice_taken_by_one"), type_="check")
        batch_op.drop_column("held_until")
        batch_op.drop_column("hold_id")
        batch_op.alter_column("appointment_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("booking_hold")
