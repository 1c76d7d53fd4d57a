"""Credit that moved from one invoice to another.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

KEYS = {"customer_id": "customer", "source_id": "invoice", "target_id": "invoice"}
CHECKS = {
    "amount": "amount >= 1",
    "currency": "length(currency) = 3 AND currency = upper(currency)",
    "between_two": "source_id <> target_id",
}


def upgrade():
    op.create_table(
        "moved_credit",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in KEYS),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_moved_credit_{name}")) for name, sql in CHECKS.items()),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_moved_credit_company_id")),
        *(
            sa.ForeignKeyConstraint(
                ["company_id", name],
                [f"{table}.company_id", f"{table}.id"],
                name=op.f(f"fk_moved_credit_company_id_{name}"),
            )
            for name, table in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moved_credit")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_moved_credit_company_id_id")),
    )
    for name in KEYS:
        op.create_index(op.f(f"ix_moved_credit_company_id_{name}"), "moved_credit", ["company_id", name])


def downgrade():
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM moved_credit")):
        raise RuntimeError("Credit was used for other invoices, which revision 0029 cannot store. Nothing was changed.")
    op.drop_table("moved_credit")
