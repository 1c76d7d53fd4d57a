"""One charge for several invoices: an attempt has parts, each for an invoice.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STILL_OPEN = sa.text("closed_at IS NULL")
OPEN: dict = {"unique": True, "sqlite_where": STILL_OPEN, "postgresql_where": STILL_OPEN}
THROUGH_STRIPE = sa.text("attempt_id IS NOT NULL")
CHARGED: dict = {"unique": True, "sqlite_where": THROUGH_STRIPE, "postgresql_where": THROUGH_STRIPE}
COPY = (
    "INSERT INTO payment_attempt_part (company_id, attempt_id, invoice_id, invoice_version, amount, closed_at) "
    "SELECT company_id, id, invoice_id, invoice_version, amount, closed_at FROM payment_attempt"
)
OF_CUSTOMER = (
    "UPDATE payment_attempt SET customer_id = "
    "(SELECT invoice.customer_id FROM invoice WHERE invoice.id = payment_attempt.invoice_id)"
)
COPY_BACK = (
    "UPDATE payment_attempt SET {column} = "
    "(SELECT part.{column} FROM payment_attempt_part AS part WHERE part.attempt_id = payment_attempt.id)"
)
SEVERAL = "SELECT count(*) FROM (SELECT 1 FROM payment_attempt_part GROUP BY attempt_id HAVING count(*) > 1) AS several"
KEYED = (
    ("refund", ("company_id", "stripe_id"), ("company_id", "stripe_id", "payment_id")),
    ("dispute", ("company_id", "stripe_id"), ("company_id", "stripe_id", "payment_id")),
    ("ledger_entry", ("company_id", "source"), ("company_id", "invoice_id", "source")),
)
"""Unique constraints: a table, its columns before, its columns from now on."""


def upgrade():
    create_parts()
    op.execute(COPY)
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.add_column(sa.Column("customer_id", sa.Integer(), nullable=True))
    op.execute(OF_CUSTOMER)
    op.drop_index("uq_payment_attempt_open", "payment_attempt")
    op.drop_index("ix_payment_attempt_company_id_invoice_id", "payment_attempt")
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.drop_constraint(op.f("fk_payment_attempt_company_id_invoice_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_payment_attempt_invoice_version"), type_="check")
        batch_op.drop_column("invoice_id")
        batch_op.drop_column("invoice_version")
        batch_op.alter_column("customer_id", existing_type=sa.Integer(), nullable=False)
        create_key(batch_op, "customer")
        batch_op.create_index(op.f("ix_payment_attempt_company_id_customer_id"), ["company_id", "customer_id"])
    op.drop_index("uq_payment_attempt_id", "payment")
    op.create_index("uq_payment_attempt_id_invoice_id", "payment", ["attempt_id", "invoice_id"], **CHARGED)
    for table, before, after in KEYED:
        change_unique(table, before, after)


def create_parts():
    op.create_table(
        "payment_attempt_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("invoice_version", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_payment_attempt_part_amount")),
        sa.CheckConstraint("invoice_version >= 1", name=op.f("ck_payment_attempt_part_invoice_version")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_payment_attempt_part_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "attempt_id"],
            ["payment_attempt.company_id", "payment_attempt.id"],
            name=op.f("fk_payment_attempt_part_company_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_payment_attempt_part_company_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt_part")),
        sa.UniqueConstraint("attempt_id", "invoice_id", name=op.f("uq_payment_attempt_part_attempt_id_invoice_id")),
    )
    op.create_index("uq_payment_attempt_part_open", "payment_attempt_part", ["invoice_id"], **OPEN)
    for column in ("attempt_id", "invoice_id"):
        op.create_index(
            op.f(f"ix_payment_attempt_part_company_id_{column}"), "payment_attempt_part", ["company_id", column]
        )


def create_key(batch_op, table: str):
    name = op.f(f"fk_payment_attempt_company_id_{table}_id")
    batch_op.create_foreign_key(name, table, ["company_id", f"{table}_id"], ["company_id", "id"])


def change_unique(table: str, before: tuple[str, ...], after: tuple[str, ...]):
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"uq_{table}_{'_'.join(before)}"), type_="unique")
        batch_op.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(after)}"), list(after))


def downgrade():
    if op.get_bind().scalar(sa.text(SEVERAL)):
        raise RuntimeError("A charge paid several invoices, which revision 0016 cannot store. Nothing was changed.")
    for table, before, after in KEYED:
        change_unique(table, after, before)
    op.drop_index("uq_payment_attempt_id_invoice_id", "payment")
    op.create_index("uq_payment_attempt_id", "payment", ["attempt_id"], **CHARGED)
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.add_column(sa.Column("invoice_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("invoice_version", sa.Integer(), nullable=True))
    for column in ("invoice_id", "invoice_version"):
        op.execute(COPY_BACK.format(column=column))
    op.drop_index(op.f("ix_payment_attempt_company_id_customer_id"), "payment_attempt")
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.alter_column("invoice_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("invoice_version", existing_type=sa.Integer(), nullable=False)
        create_key(batch_op, "invoice")
        batch_op.create_check_constraint(op.f("ck_payment_attempt_invoice_version"), "invoice_version >= 1")
        batch_op.drop_constraint(op.f("fk_payment_attempt_company_id_customer_id"), type_="foreignkey")
        batch_op.drop_column("customer_id")
    op.create_index("ix_payment_attempt_company_id_invoice_id", "payment_attempt", ["company_id", "invoice_id"])
    op.create_index("uq_payment_attempt_open", "payment_attempt", ["invoice_id"], **OPEN)
    op.drop_table("payment_attempt_part")
