"""Deposits and cards on file that services ask for.

Revision 0047, after 0046.
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

WAITING = sa.text("given_at IS NULL AND ended_at IS NULL")


def upgrade():
    with op.batch_alter_table("service") as batch_op:
        batch_op.add_column(sa.Column("guarantee", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("deposit", sa.Integer(), nullable=True))
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_service_{name}"), condition)
    op.create_table(
        "appointment_guarantee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'deposit') = (invoice_id IS NOT NULL)",
            name=op.f("ck_appointment_guarantee_deposit_has_an_invoice"),
        ),
        sa.CheckConstraint(
            "given_at IS NULL OR ended_at IS NULL", name=op.f("ck_appointment_guarantee_given_or_ended")
        ),
        sa.CheckConstraint("kind IN ('deposit', 'card')", name=op.f("ck_appointment_guarantee_kind")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_appointment_guarantee_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "appointment_id"],
            ["appointment.company_id", "appointment.id"],
            name=op.f("fk_appointment_guarantee_company_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_appointment_guarantee_company_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_guarantee")),
        sa.UniqueConstraint(
            "company_id", "appointment_id", name=op.f("uq_appointment_guarantee_company_id_appointment_id")
        ),
    )
    op.create_index(
        op.f("ix_appointment_guarantee_company_id_invoice_id"), "appointment_guarantee", ["company_id", "invoice_id"]
    )
    op.create_index(
        "ix_appointment_guarantee_waiting",
        "appointment_guarantee",
        ["due_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


CHECKS = {
    "deposit_with_an_amount": "(guarantee = 'deposit') = (deposit IS NOT NULL)",
    "deposit": "deposit >= 1",
    "guarantee": "guarantee IN ('', 'deposit', 'card')",
}


def downgrade():
    op.drop_table("appointment_guarantee")
    with op.batch_alter_table("service") as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_service_{name}"), type_="check")
        batch_op.drop_column("deposit")
        batch_op.drop_column("guarantee")
