"""The fraud brakes: tries to pay, locks of the pay page, and declines in Stripe's events.

Revision 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    create_payment_try()
    create_pay_lock()
    with op.batch_alter_table("stripe_event") as batch_op:
        batch_op.add_column(sa.Column("declined", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("card", sa.String(length=60), nullable=False, server_default=""))


def create_payment_try():
    op.create_table(
        "payment_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=60), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("card", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('started', 'declined')", name=op.f("ck_payment_try_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_payment_try_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_payment_try_company_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_payment_try_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_try")),
        sa.UniqueConstraint(
            "company_id", "source", "invoice_id", name=op.f("uq_payment_try_company_id_source_invoice_id")
        ),
    )
    with op.batch_alter_table("payment_try") as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_try_at"), ["at"], unique=False)
        for column in ("contact_id", "network", "invoice_id"):
            batch_op.create_index(batch_op.f(f"ix_payment_try_company_id_{column}_at"), ["company_id", column, "at"])


def create_pay_lock():
    op.create_table(
        "pay_lock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=60), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("declines", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("reason IN ('cards', 'invoice', 'network', 'declines')", name=op.f("ck_pay_lock_reason")),
        sa.CheckConstraint("cards >= 0", name=op.f("ck_pay_lock_cards")),
        sa.CheckConstraint("declines >= 1", name=op.f("ck_pay_lock_declines")),
        sa.CheckConstraint("network <> '' OR contact_id IS NOT NULL", name=op.f("ck_pay_lock_of_somebody")),
        sa.CheckConstraint("ends_at > started_at", name=op.f("ck_pay_lock_in_order")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_pay_lock_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_pay_lock_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_lock")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_pay_lock_company_id_id")),
    )
    with op.batch_alter_table("pay_lock") as batch_op:
        for column in ("started_at", "ends_at"):
            batch_op.create_index(batch_op.f(f"ix_pay_lock_company_id_{column}"), ["company_id", column])


def downgrade():
    with op.batch_alter_table("stripe_event") as batch_op:
        batch_op.drop_column("card")
        batch_op.drop_column("declined")
    op.drop_table("pay_lock")
    op.drop_table("payment_try")
