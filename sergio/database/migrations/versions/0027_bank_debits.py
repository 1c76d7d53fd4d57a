"""Mandates of bank debits, and bank accounts that customers have to confirm.

Revision 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.add_column(sa.Column("verify_url", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verify_with", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("deposit_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("verify_by", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "debit_mandate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("consent_version", sa.String(length=30), nullable=False),
        sa.Column("consent_text", sa.String(length=2000), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_name", sa.String(length=120), nullable=False),
        sa.Column("consent_ip", sa.String(length=45), nullable=False),
        sa.Column("consent_browser", sa.String(length=300), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "attempt_id"],
            ["payment_attempt.company_id", "payment_attempt.id"],
            name=op.f("fk_debit_mandate_company_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_debit_mandate_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debit_mandate")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_debit_mandate_attempt_id")),
    )


def downgrade():
    op.drop_table("debit_mandate")
    with op.batch_alter_table("payment_attempt") as batch_op:
        for name in ("verify_by", "deposit_at", "verify_with", "verify_url"):
            batch_op.drop_column(name)
