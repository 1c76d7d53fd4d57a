"""imports of customers.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATUSES = "'uploaded', 'checking', 'checked', 'discarded', 'running', 'stopped', 'finished', 'undoing', 'undone'"


def upgrade():
    op.create_table(
        "customer_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("has_headings", sa.Boolean(), nullable=False),
        sa.Column("first_row", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("matches", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_customer_import_number")),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_customer_import_status")),
        sa.CheckConstraint("matches IN ('skip', 'update')", name=op.f("ck_customer_import_matches")),
        sa.ForeignKeyConstraint(
            ["company_id", "staff_id"],
            ["staff_member.company_id", "staff_member.id"],
            name=op.f("fk_customer_import_company_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_customer_import_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_import")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_customer_import_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_customer_import_company_id_number")),
    )
    with op.batch_alter_table("customer_import") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_import_company_id_uploaded_at"), ["company_id", "uploaded_at"], unique=False
        )
    op.create_table(
        "import_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("leader", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("undone", sa.String(length=10), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "action IN ('add', 'further', 'update', 'skip', 'error')", name=op.f("ck_import_line_action")
        ),
        sa.CheckConstraint("undone IN ('', 'removed', 'restored', 'kept')", name=op.f("ck_import_line_undone")),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_import_line_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["customer_import.company_id", "customer_import.id"],
            name=op.f("fk_import_line_company_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_import_line_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_line")),
        sa.UniqueConstraint("company_id", "import_id", "line", name=op.f("uq_import_line_company_id_import_id_line")),
    )
    with op.batch_alter_table("import_line") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_line_company_id_customer_id"), ["company_id", "customer_id"], unique=False
        )


def downgrade():
    op.drop_table("import_line")
    op.drop_table("customer_import")
