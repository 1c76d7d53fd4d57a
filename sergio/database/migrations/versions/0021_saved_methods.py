"""Saved payment methods and automatic payments.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    create_saved_method()
    create_auto_pay()
    create_auto_pay_charge()
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.create_foreign_key(
            batch_op.f("fk_payment_attempt_company_id_saved_method_id"),
            "saved_method",
            ["company_id", "saved_method_id"],
            ["company_id", "id"],
        )

    with op.batch_alter_table("stripe_event") as batch_op:
        batch_op.add_column(sa.Column("saved", sa.String(length=120), nullable=True))


def create_saved_method():
    op.create_table(
        "saved_method",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("stripe_customer", sa.String(length=60), nullable=False),
        sa.Column("setup", sa.String(length=120), nullable=True),
        sa.Column("stripe_id", sa.String(length=120), nullable=True),
        sa.Column("brand", sa.String(length=60), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("default_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expiry_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=False),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_version", sa.String(length=30), nullable=False),
        sa.Column("consent_text", sa.String(length=2000), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_name", sa.String(length=120), nullable=False),
        sa.Column("consent_ip", sa.String(length=45), nullable=False),
        sa.Column("consent_browser", sa.String(length=300), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("method IN ('card', 'us_bank_account')", name=op.f("ck_saved_method_method")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_saved_method_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_saved_method_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_saved_method_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_method")),
        sa.UniqueConstraint("account", "stripe_id", name=op.f("uq_saved_method_account_stripe_id")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_saved_method_company_id_id")),
        sa.UniqueConstraint("key", name=op.f("uq_saved_method_key")),
        sa.UniqueConstraint("setup", name=op.f("uq_saved_method_setup")),
    )
    with op.batch_alter_table("saved_method") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_saved_method_company_id_customer_id"), ["company_id", "customer_id"], unique=False
        )
        batch_op.create_index(
            "ix_saved_method_in_use",
            ["company_id", "customer_id"],
            unique=False,
            sqlite_where=sa.text("stripe_id IS NOT NULL AND removed_at IS NULL"),
            postgresql_where=sa.text("stripe_id IS NOT NULL AND removed_at IS NULL"),
        )


def create_auto_pay():
    op.create_table(
        "auto_pay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("saved_method_id", sa.Integer(), nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.Column("ended_reason", sa.String(length=300), nullable=False),
        sa.Column("consent_version", sa.String(length=30), nullable=False),
        sa.Column("consent_text", sa.String(length=2000), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_name", sa.String(length=120), nullable=False),
        sa.Column("consent_ip", sa.String(length=45), nullable=False),
        sa.Column("consent_browser", sa.String(length=300), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("cap >= 1", name=op.f("ck_auto_pay_cap")),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_auto_pay_currency")),
        sa.CheckConstraint("notice_days >= 0", name=op.f("ck_auto_pay_notice_days")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_auto_pay_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_auto_pay_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "saved_method_id"],
            ["saved_method.company_id", "saved_method.id"],
            name=op.f("fk_auto_pay_company_id_saved_method_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_auto_pay_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_pay")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_auto_pay_company_id_id")),
    )
    with op.batch_alter_table("auto_pay") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_auto_pay_company_id_customer_id"), ["company_id", "customer_id"], unique=False
        )
        batch_op.create_index(
            "uq_auto_pay_on",
            ["company_id", "customer_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def create_auto_pay_charge():
    op.create_table(
        "auto_pay_charge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("auto_pay_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("decline", sa.String(length=60), nullable=False),
        sa.Column("waits_for", sa.String(length=300), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'charging', 'processing', 'paid', 'declined', 'needs_customer', 'failed', 'skipped', 'over_cap', 'stopped', 'settled')",
            name=op.f("ck_auto_pay_charge_status"),
        ),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_auto_pay_charge_amount")),
        sa.CheckConstraint(
            "sent_at IS NULL OR attempt_id IS NOT NULL", name=op.f("ck_auto_pay_charge_sent_with_an_attempt")
        ),
        sa.CheckConstraint("tries BETWEEN 0 AND 3", name=op.f("ck_auto_pay_charge_tries")),
        sa.ForeignKeyConstraint(
            ["company_id", "attempt_id"],
            ["payment_attempt.company_id", "payment_attempt.id"],
            name=op.f("fk_auto_pay_charge_company_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "auto_pay_id"],
            ["auto_pay.company_id", "auto_pay.id"],
            name=op.f("fk_auto_pay_charge_company_id_auto_pay_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_auto_pay_charge_company_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_auto_pay_charge_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_pay_charge")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_auto_pay_charge_company_id_id")),
        sa.UniqueConstraint("company_id", "invoice_id", name=op.f("uq_auto_pay_charge_company_id_invoice_id")),
    )
    with op.batch_alter_table("auto_pay_charge") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_auto_pay_charge_company_id_auto_pay_id"), ["company_id", "auto_pay_id"], unique=False
        )
        batch_op.create_index(
            "ix_auto_pay_charge_due",
            ["company_id", "next_on"],
            unique=False,
            sqlite_where=sa.text("status IN ('planned', 'declined', 'charging')"),
            postgresql_where=sa.text("status IN ('planned', 'declined', 'charging')"),
        )


def downgrade():
    with op.batch_alter_table("stripe_event") as batch_op:
        batch_op.drop_column("saved")
    with op.batch_alter_table("payment_attempt") as batch_op:
        batch_op.drop_constraint(op.f("fk_payment_attempt_company_id_saved_method_id"), type_="foreignkey")
    for table in ("auto_pay_charge", "auto_pay", "saved_method"):
        op.drop_table(table)
