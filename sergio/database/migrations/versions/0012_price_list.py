"""the price list, and what was sent of a quote.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


DEPOSIT = "quote_deposit_rate BETWEEN 0 AND 10000"


def upgrade():
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("quote_deposit_rate", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_company_quote_deposit_rate"), DEPOSIT)
    without_default("company", "quote_deposit_rate")
    with op.batch_alter_table("quote") as batch_op:
        batch_op.add_column(sa.Column("sent_revision", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE quote SET sent_revision = revision WHERE version > 0")
    without_default("quote", "sent_revision")

    op.create_table(
        "price_list_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("detail", sa.String(length=2000), nullable=False),
        sa.Column("search_key", sa.String(length=400), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tax_rate", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_price_list_item_number")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_price_list_item_unit_price")),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 10000", name=op.f("ck_price_list_item_tax_rate")),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_price_list_item_currency")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_price_list_item_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list_item")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_price_list_item_company_id_number")),
    )
    with op.batch_alter_table("price_list_item") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_price_list_item_company_id_name_key_id"), ["company_id", "name_key", "id"], unique=False
        )


def without_default(table: str, column: str):
    """Drop the default that only the rows of before needed."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, server_default=None)


def downgrade():
    with op.batch_alter_table("price_list_item") as batch_op:
        batch_op.drop_index(batch_op.f("ix_price_list_item_company_id_name_key_id"))
    op.drop_table("price_list_item")
    with op.batch_alter_table("quote") as batch_op:
        batch_op.drop_column("sent_revision")
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_constraint(op.f("ck_company_quote_deposit_rate"), type_="check")
        batch_op.drop_column("quote_deposit_rate")
