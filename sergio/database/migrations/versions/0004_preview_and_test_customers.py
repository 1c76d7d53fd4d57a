"""Previews of the portal, and test customers.

Revision 0004, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.alter_column("is_test", server_default=None)
        batch_op.create_check_constraint(op.f("ck_customer_test_numbers"), "is_test = (number > 90000000)")
        batch_op.create_index(
            "uq_customer_test",
            ["company_id"],
            unique=True,
            sqlite_where=sa.text("is_test"),
            postgresql_where=sa.text("is_test"),
        )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f("uq_sign_in_company_id_id"), ["company_id", "id"])

    op.add_column("outgoing_email", sa.Column("customer_id", sa.Integer(), nullable=True))
    op.create_table(
        "preview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_preview_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sign_in_id"],
            ["sign_in.company_id", "sign_in.id"],
            name=op.f("fk_preview_company_id_sign_in_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_preview_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview")),
        sa.UniqueConstraint("digest", name=op.f("uq_preview_digest")),
    )
    with op.batch_alter_table("preview", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_preview_company_id_customer_id"), ["company_id", "customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_preview_company_id_sign_in_id"), ["company_id", "sign_in_id"], unique=False
        )


def downgrade():
    op.drop_table("preview")
    op.drop_column("outgoing_email", "customer_id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS customer_no_change_of_is_test ON customer")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_sign_in_company_id_id"), type_="unique")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index("uq_customer_test", sqlite_where=sa.text("is_test"), postgresql_where=sa.text("is_test"))
        batch_op.drop_constraint(op.f("ck_customer_test_numbers"), type_="check")
        batch_op.drop_column("is_test")
