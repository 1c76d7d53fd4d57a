"""drafts, prefixes, payment terms, reminders, recorded payments, credits and write-offs of invoices.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = "kind IN ('charge', 'payment', 'refund', 'dispute', 'void', 'credit', 'write_off')"
OLD_KINDS = "kind IN ('charge', 'payment', 'refund', 'dispute', 'void')"
UNDONE = "kind <> 'payment' OR amount < 0 OR payment_number IS NOT NULL"
METHODS = "method IN ('card', 'us_bank_account', 'check', 'cash', 'transfer', 'other')"
OLD_METHODS = "method IN ('card', 'us_bank_account', 'check', 'cash', 'transfer')"
STATUS = (
    "status = CASE WHEN number IS NULL THEN 'draft' "
    "WHEN due + refunded + disputed < 0 THEN 'overpaid' "
    "WHEN voided_at IS NOT NULL THEN 'void' "
    "WHEN disputed > 0 THEN 'disputed' "
    "WHEN due > 0 AND clearing_since IS NOT NULL THEN 'processing' "
    "WHEN due > 0 THEN 'open' "
    "{more}"
    "ELSE 'paid' END"
)
OLD_MORE = "WHEN refunded + due > 0 THEN 'refunded' "
MORE = (
    f"WHEN written_off_at IS NOT NULL THEN 'written_off' {OLD_MORE}WHEN paid_at IS NULL AND total > 0 THEN 'credited' "
)
HAS_ENDED = sa.text("status IN ('void', 'written_off', 'credited')")
IS_DRAFT = sa.text("status = 'draft'")
ENDED = {"sqlite_where": HAS_ENDED, "postgresql_where": HAS_ENDED}
DRAFT = {"sqlite_where": IS_DRAFT, "postgresql_where": IS_DRAFT}


def upgrade():
    upgrade_companies_and_customers()
    upgrade_invoices()
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_ledger_entry_kind"), type_="check")
        batch_op.drop_constraint(op.f("ck_ledger_entry_payments_lessen"), type_="check")
        batch_op.create_check_constraint(op.f("ck_ledger_entry_kind"), KINDS)
        batch_op.create_check_constraint(op.f("ck_ledger_entry_undone_payment_has_a_number"), UNDONE)
    with op.batch_alter_table("payment") as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("memo", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("undone_reason", sa.String(length=200), nullable=False, server_default=""))
        batch_op.drop_constraint(op.f("ck_payment_method"), type_="check")
        batch_op.create_check_constraint(op.f("ck_payment_method"), METHODS)
    without_defaults("payment", "reference", "memo", "undone_reason")
    create_invoice_email()


def upgrade_companies_and_customers():
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("invoice_prefix", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("invoice_notes", sa.String(length=4000), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("tax_rate", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.create_check_constraint(op.f("ck_company_tax_rate"), "tax_rate >= 0")
    without_defaults("company", "invoice_prefix", "invoice_notes", "tax_rate", "reminder_days")
    with op.batch_alter_table("customer") as batch_op:
        batch_op.add_column(sa.Column("payment_days", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_customer_payment_days"), "payment_days >= 0")


def upgrade_invoices():
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.add_column(sa.Column("prefix", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("payment_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reminders_paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("written_off_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(op.f("ck_invoice_status"), type_="check")
    without_defaults("invoice", "prefix", "revision")
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.create_check_constraint(op.f("ck_invoice_status"), STATUS.format(more=MORE))
        batch_op.create_check_constraint(op.f("ck_invoice_payment_days"), "payment_days >= 0")
        batch_op.create_index("ix_invoice_ended", ["company_id", "number"], unique=False, **ENDED)
        batch_op.create_index("ix_invoice_draft", ["company_id", "id"], unique=False, **DRAFT)


def create_invoice_email():
    op.create_table(
        "invoice_email",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("email_id", sa.Integer(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'reminder')", name=op.f("ck_invoice_email_kind")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invoice_email_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_invoice_email_company_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_email")),
        sa.UniqueConstraint(
            "company_id", "invoice_id", "occasion", name=op.f("uq_invoice_email_company_id_invoice_id_occasion")
        ),
    )


def without_defaults(table: str, *columns: str):
    """Drop the defaults that only the rows of before needed."""
    with op.batch_alter_table(table) as batch_op:
        for column in columns:
            batch_op.alter_column(column, server_default=None)


def downgrade():
    op.drop_table("invoice_email")
    with op.batch_alter_table("payment") as batch_op:
        batch_op.drop_constraint(op.f("ck_payment_method"), type_="check")
    op.execute("UPDATE payment SET method = 'transfer' WHERE method = 'other'")
    with op.batch_alter_table("payment") as batch_op:
        batch_op.create_check_constraint(op.f("ck_payment_method"), OLD_METHODS)
        for column in ("undone_reason", "undone_at", "memo", "reference"):
            batch_op.drop_column(column)
    downgrade_ledger()
    downgrade_invoices()
    with op.batch_alter_table("customer") as batch_op:
        batch_op.drop_constraint(op.f("ck_customer_payment_days"), type_="check")
        batch_op.drop_column("payment_days")
    op.execute("UPDATE company SET payment_days = 30 WHERE payment_days > 365")
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_constraint(op.f("ck_company_tax_rate"), type_="check")
        for column in ("reminder_days", "tax_rate", "invoice_notes", "invoice_prefix"):
            batch_op.drop_column(column)


def downgrade_ledger():
    """Credits, write-offs and what undoes them become entries of the kinds there were, with the same sum."""
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_ledger_entry_kind"), type_="check")
        batch_op.drop_constraint(op.f("ck_ledger_entry_undone_payment_has_a_number"), type_="check")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS ledger_entry_no_update ON ledger_entry")
    op.execute(
        "UPDATE ledger_entry SET kind = 'charge' WHERE amount > 0 AND kind IN ('payment', 'credit', 'write_off')"
    )
    op.execute("UPDATE ledger_entry SET kind = 'payment' WHERE amount < 0 AND kind IN ('credit', 'write_off')")
    op.execute("UPDATE ledger_entry SET kind = 'charge' WHERE kind IN ('credit', 'write_off')")
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.create_check_constraint(op.f("ck_ledger_entry_kind"), OLD_KINDS)
        batch_op.create_check_constraint(op.f("ck_ledger_entry_payments_lessen"), "kind <> 'payment' OR amount < 0")


def downgrade_invoices():
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.drop_index("ix_invoice_draft", **DRAFT)
        batch_op.drop_index("ix_invoice_ended", **ENDED)
        batch_op.drop_constraint(op.f("ck_invoice_payment_days"), type_="check")
        batch_op.drop_constraint(op.f("ck_invoice_status"), type_="check")
    old = STATUS.format(more=OLD_MORE)
    op.execute(f"UPDATE invoice SET {old} WHERE status IN ('written_off', 'credited')")  # noqa: S608 - our own text
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.create_check_constraint(op.f("ck_invoice_status"), STATUS.format(more=OLD_MORE))
        for column in ("written_off_at", "revision", "reminders_paused_at", "payment_days", "prefix"):
            batch_op.drop_column(column)
