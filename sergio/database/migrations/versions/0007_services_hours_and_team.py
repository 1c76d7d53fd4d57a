"""services, hours and team.

Revision 0007, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ONLINE = "archived_at IS NULL OR NOT bookable"
FIXED = "price IS NOT NULL OR NOT price_is_fixed"
APPROVAL = "approval IN ('', 'requested', 'confirmed', 'declined')"
OF_EVERYONE = {
    "sqlite_where": sa.text("staff_id IS NULL"),
    "postgresql_where": sa.text("staff_id IS NULL"),
}


def upgrade():
    op.execute("UPDATE company SET most_bookings = 1 WHERE most_bookings < 1")
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("booking_message", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("booking_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_constraint(op.f("ck_company_slot_minutes"), type_="check")
        batch_op.create_check_constraint(op.f("ck_company_slot_minutes"), "slot_minutes IN (15, 30, 60)")
        batch_op.create_check_constraint(op.f("ck_company_most_bookings"), "most_bookings >= 1")
    without_defaults("company", "booking_message", "booking_approval")

    with op.batch_alter_table("service") as batch_op:
        batch_op.drop_constraint(op.f("ck_service_price_from"), type_="check")
        batch_op.alter_column("price_from", new_column_name="price", existing_type=sa.Integer())
        batch_op.add_column(sa.Column("price_is_fixed", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("needs_approval", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("service") as batch_op:
        batch_op.create_check_constraint(op.f("ck_service_price"), "price >= 0")
        batch_op.create_check_constraint(op.f("ck_service_archived_is_not_bookable"), ONLINE)
        batch_op.create_check_constraint(op.f("ck_service_fixed_has_a_price"), FIXED)
    without_defaults("service", "price_is_fixed")

    op.create_table(
        "service_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("wording", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('text', 'number', 'choice')", name=op.f("ck_service_question_kind")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_service_question_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "service_id"],
            ["service.company_id", "service.id"],
            name=op.f("fk_service_question_company_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_question")),
    )
    with op.batch_alter_table("service_question") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_service_question_company_id_service_id"), ["company_id", "service_id"], unique=False
        )

    with op.batch_alter_table("appointment") as batch_op:
        batch_op.add_column(sa.Column("answers", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("approval", sa.String(length=20), nullable=False, server_default=""))
        batch_op.create_check_constraint(op.f("ck_appointment_approval"), APPROVAL)
    without_defaults("appointment", "answers", "approval")

    with op.batch_alter_table("staff_member") as batch_op:
        batch_op.add_column(sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("time_off") as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(length=200), nullable=False, server_default=""))
        batch_op.alter_column("staff_id", existing_type=sa.Integer(), nullable=True)
    without_defaults("time_off", "note")
    delete_repeated_time_off()
    with op.batch_alter_table("time_off") as batch_op:
        batch_op.create_unique_constraint(
            op.f("uq_time_off_company_id_staff_id_starts_at_ends_at"),
            ["company_id", "staff_id", "starts_at", "ends_at"],
        )
        batch_op.create_index(
            "uq_time_off_of_everyone", ["company_id", "starts_at", "ends_at"], unique=True, **OF_EVERYONE
        )


def without_defaults(table: str, *columns: str):
    """Drop the defaults that only the rows of before needed."""
    with op.batch_alter_table(table) as batch_op:
        for column in columns:
            batch_op.alter_column(column, server_default=None)


def delete_repeated_time_off():
    """Keep one of several rows with the same period of the same person."""
    op.execute(
        "DELETE FROM time_off WHERE id NOT IN "
        "(SELECT min(id) FROM time_off GROUP BY company_id, staff_id, starts_at, ends_at)"
    )


def downgrade():
    with op.batch_alter_table("time_off") as batch_op:
        batch_op.drop_index("uq_time_off_of_everyone", **OF_EVERYONE)
        batch_op.drop_constraint(op.f("uq_time_off_company_id_staff_id_starts_at_ends_at"), type_="unique")
    op.execute("DELETE FROM time_off WHERE staff_id IS NULL")
    with op.batch_alter_table("time_off") as batch_op:
        batch_op.alter_column("staff_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("note")

    with op.batch_alter_table("staff_member") as batch_op:
        batch_op.drop_column("invited_until")

    with op.batch_alter_table("appointment") as batch_op:
        batch_op.drop_constraint(op.f("ck_appointment_approval"), type_="check")
        batch_op.drop_column("approval")
        batch_op.drop_column("answers")

    with op.batch_alter_table("service_question") as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_question_company_id_service_id"))
    op.drop_table("service_question")

    with op.batch_alter_table("service") as batch_op:
        batch_op.drop_constraint(op.f("ck_service_fixed_has_a_price"), type_="check")
        batch_op.drop_constraint(op.f("ck_service_archived_is_not_bookable"), type_="check")
        batch_op.drop_constraint(op.f("ck_service_price"), type_="check")
        batch_op.drop_column("archived_at")
        batch_op.drop_column("needs_approval")
        batch_op.drop_column("price_is_fixed")
        batch_op.alter_column("price", new_column_name="price_from", existing_type=sa.Integer())
    with op.batch_alter_table("service") as batch_op:
        batch_op.create_check_constraint(op.f("ck_service_price_from"), "price_from >= 0")

    op.execute("UPDATE company SET slot_minutes = 30 WHERE slot_minutes = 60")
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_constraint(op.f("ck_company_most_bookings"), type_="check")
        batch_op.drop_constraint(op.f("ck_company_slot_minutes"), type_="check")
        batch_op.create_check_constraint(op.f("ck_company_slot_minutes"), "slot_minutes IN (15, 30)")
        batch_op.drop_column("booking_approval")
        batch_op.drop_column("booking_message")
