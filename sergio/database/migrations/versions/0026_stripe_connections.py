"""Connections of companies to their own accounts at Stripe.

Revision 0026, after 0025.
"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "stripe_connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=True),
        sa.Column("dashboard", sa.String(length=10), nullable=False),
        sa.Column("details_submitted", sa.Boolean(), nullable=False),
        sa.Column("payouts_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=80), nullable=False),
        sa.Column("due", sa.JSON(), nullable=False),
        sa.Column("overdue", sa.JSON(), nullable=False),
        sa.Column("pending", sa.JSON(), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("dashboard IN ('full', 'express', 'none')", name=op.f("ck_stripe_connection_dashboard")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_stripe_connection_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_connection")),
        sa.UniqueConstraint("account", name=op.f("uq_stripe_connection_account")),
        sa.UniqueConstraint("company_id", name=op.f("uq_stripe_connection_company_id")),
        sa.UniqueConstraint("key", name=op.f("uq_stripe_connection_key")),
    )
    add_those_that_are_connected()


def add_those_that_are_connected():
    """Their daily check fills in the rest."""
    company = sa.table("company", sa.column("id"), sa.column("stripe_account"))
    names = ("company_id", "account", "key", "dashboard", "details_submitted", "payouts_enabled", "disabled_reason")
    lists = [sa.column(name, sa.JSON()) for name in ("due", "overdue", "pending")]
    created_at = sa.column("created_at", sa.DateTime(timezone=True))
    connection = sa.table("stripe_connection", *map(sa.column, names), *lists, created_at)
    found = op.get_bind().execute(sa.select(company).where(company.c.stripe_account.is_not(None))).all()
    known = {
        "dashboard": "full",
        "details_submitted": True,
        "payouts_enabled": False,
        "disabled_reason": "",
        "due": [],
        "overdue": [],
        "pending": [],
        "created_at": datetime.now(UTC),
    }
    rows = [
        {**known, "company_id": row.id, "account": row.stripe_account, "key": secrets.token_urlsafe()} for row in found
    ]
    if rows:
        op.bulk_insert(connection, rows)


def downgrade():
    op.drop_table("stripe_connection")
