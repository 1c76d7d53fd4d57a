"""Reminders of appointments, the quiet hours of a company, and changes that customers ask for in their own words.

Revision 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

HOURS = {"quiet_from": "21", "quiet_until": "8"}
REMINDERS = ("reminds_days_before", "reminds_hours_before")
OPEN = sa.text("answered_at IS NULL")


def upgrade():
    with op.batch_alter_table("company") as batch_op:
        for name in REMINDERS:
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
        for name, hour in HOURS.items():
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=hour))
            batch_op.create_check_constraint(batch_op.f(f"ck_company_{name}"), f"{name} BETWEEN 0 AND 23")
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    create_table(
        "appointment_reminder",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('days_before', 'hours_before')", name=op.f("ck_appointment_reminder_kind")),
        sa.UniqueConstraint(
            *("company_id", "appointment_id", "kind", "starts_at"),
            name=op.f("uq_appointment_reminder_company_id_appointment_id_kind_starts_at"),
        ),
    )
    create_table(
        "appointment_change_request",
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=False),
        sa.Column("reply", sa.String(length=1000), nullable=False),
    )
    index_change_requests()


def create_table(name: str, *parts):
    """A table of what belongs to an appointment."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{name}_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "appointment_id"],
            ["appointment.company_id", "appointment.id"],
            name=op.f(f"fk_{name}_company_id_appointment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def index_change_requests():
    table = "appointment_change_request"
    op.create_index(op.f(f"ix_{table}_company_id_appointment_id"), table, ["company_id", "appointment_id"])
    op.create_index(f"ix_{table}_open", table, ["company_id", "at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        *(f"uq_{table}_open", table, ["appointment_id"]), unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade():
    op.drop_table("appointment_change_request")
    op.drop_table("appointment_reminder")
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.drop_column("told_at")
    with op.batch_alter_table("company") as batch_op:
        for name in HOURS:
            batch_op.drop_constraint(batch_op.f(f"ck_company_{name}"), type_="check")
            batch_op.drop_column(name)
        for name in REMINDERS:
            batch_op.drop_column(name)
