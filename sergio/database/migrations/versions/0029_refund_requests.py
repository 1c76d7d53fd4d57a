"""Refunds that staff ask for, the outcome of charges, and refunds that are due again.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OLD_KINDS = "kind IN ('charge', 'payment', 'refund', 'dispute', 'void', 'credit', 'write_off')"
KINDS = OLD_KINDS.replace("'write_off')", "'write_off', 'refund_due', 'moved_credit')")
IS_REQUESTED = sa.text("status = 'requested'")
NEW = "SELECT count(*) FROM ledger_entry WHERE kind IN ('refund_due', 'moved_credit')"
OPEN: dict = {"unique": True, "sqlite_where": IS_REQUESTED, "postgresql_where": IS_REQUESTED}
CHECKS = {
    "amount": "amount >= 1",
    "currency": "length(currency) = 3 AND currency = upper(currency)",
    "status": "status IN ('requested', 'sent', 'refused', 'by_hand')",
    "reason": "reason IN ('requested_by_customer', 'duplicate', 'fraudulent', 'other')",
    "by_kind": "by_kind IN ('contact', 'staff', 'api_token', 'stripe', 'system')",
    "method": "method IN ('', 'check', 'cash', 'transfer', 'other')",
    "by_hand_or_through_stripe": "(status = 'by_hand') = (attempt_id IS NULL)",
    "given_back_by_a_method": "(status = 'by_hand') = (method <> '')",
}


def upgrade():
    change_kinds(KINDS)
    with op.batch_alter_table("refund") as batch_op:
        batch_op.add_column(sa.Column("failure", sa.String(length=60), nullable=False, server_default=""))
    create_requests()
    create_outcomes()
    op.create_index(op.f("ix_stripe_event_company_id_intent"), "stripe_event", ["company_id", "intent"])


def change_kinds(kinds: str):
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_ledger_entry_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_ledger_entry_kind"), kinds)


def create_requests():
    texts = {"reason": 40, "note": 200, "method": 20, "status": 20, "stripe_id": 120, "trouble": 300}
    op.create_table(
        "refund_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in texts.items()),
        sa.Column("due_again", sa.Boolean(), nullable=False),
        sa.Column("by_kind", sa.String(length=20), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_refund_request_{name}")) for name, sql in CHECKS.items()),
        *keys("refund_request", "customer", "payment", attempt="payment_attempt"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_refund_request_company_id_id")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_request_key")),
    )
    for column in ("customer_id", "payment_id"):
        op.create_index(op.f(f"ix_refund_request_company_id_{column}"), "refund_request", ["company_id", column])
    op.create_index("uq_refund_request_open", "refund_request", ["attempt_id"], **OPEN)


def create_outcomes():
    op.create_table(
        "charge_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("charge", sa.String(length=120), nullable=False),
        sa.Column("risk_level", sa.String(length=20), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("three_d_secure", sa.String(length=30), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("fee_currency", sa.String(length=3), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *keys("charge_outcome", attempt="payment_attempt"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_outcome")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_charge_outcome_attempt_id")),
    )


def keys(table: str, *tables: str, **more: str):
    """The foreign keys of a table: to its company, and to rows of the same company."""
    yield sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{table}_company_id"))
    for name, other in {**{each: each for each in tables}, **more}.items():
        column = f"{name}_id"
        yield sa.ForeignKeyConstraint(
            ["company_id", column],
            [f"{other}.company_id", f"{other}.id"],
            name=op.f(f"fk_{table}_company_id_{column}"),
        )


def downgrade():
    if op.get_bind().scalar(sa.text(NEW)):
        raise RuntimeError("Some refunds are due again, which revision 0028 cannot store. Nothing was changed.")
    op.drop_index(op.f("ix_stripe_event_company_id_intent"), "stripe_event")
    op.drop_table("charge_outcome")
    op.drop_table("refund_request")
    with op.batch_alter_table("refund") as batch_op:
        batch_op.drop_column("failure")
    change_kinds(OLD_KINDS)
