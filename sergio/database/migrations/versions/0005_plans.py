"""Plans that companies pay for, and an email's own Reply-To.

Revision 0005, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLANS = "plan IN ('free', 'starter', 'pro')"
PLANS_BEFORE = "plan IN ('free', 'starter')"
NOT_OVER = sa.text("ended_at IS NULL")


def upgrade():
    allow(PLANS)
    op.add_column("company", sa.Column("plan_unpaid_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stripe_event", sa.Column("subscription", sa.String(length=120), nullable=True))
    reply_to = sa.Column("reply_to", sa.String(length=254), nullable=False, server_default="")
    op.add_column("outgoing_email", reply_to)
    create_subscription()
    create_subscription_invoice()


def downgrade():
    op.drop_table("subscription_invoice")
    op.drop_table("subscription")
    op.drop_column("outgoing_email", "reply_to")
    op.drop_column("stripe_event", "subscription")
    op.drop_column("company", "plan_unpaid_since")
    op.execute("UPDATE company SET plan = 'starter' WHERE plan = 'pro'")
    allow(PLANS_BEFORE)


def allow(plans: str):
    with op.batch_alter_table("company", table_args=other_checks("company", "ck_company_plan")) as company:
        if op.get_bind().dialect.name == "postgresql":
            company.drop_constraint(op.f("ck_company_plan"), type_="check")
        company.create_check_constraint(op.f("ck_company_plan"), plans)


def other_checks(table: str, *changed: str) -> tuple[sa.CheckConstraint, ...]:
    """The table's checks but those that change: SQLite's tables are rebuilt, and Alembic does not read their checks."""
    found = sa.inspect(op.get_bind()).get_check_constraints(table)
    named = [(str(check["name"]), check["sqltext"]) for check in found]
    return tuple(sa.CheckConstraint(text, op.f(name)) for name, text in named if name not in changed)


def create_subscription():
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("customer", sa.String(length=60), nullable=True),
        sa.Column("stripe_id", sa.String(length=120), nullable=True),
        sa.Column("setup", sa.String(length=120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_with_period", sa.Boolean(), nullable=False),
        sa.Column("unpaid_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("decline", sa.String(length=60), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("plan IN ('starter', 'pro')", name=op.f("ck_subscription_plan")),
        sa.CheckConstraint(
            "status IN ('creating', 'incomplete', 'active', 'trialing', 'past_due', 'unpaid', 'paused', 'canceled', "
            "'incomplete_expired', 'gone')",
            name=op.f("ck_subscription_status"),
        ),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_subscription_amount")),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_subscription_currency")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_subscription_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_subscription_company_id_id")),
        sa.UniqueConstraint("key", name=op.f("uq_subscription_key")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_subscription_stripe_id")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(
            "uq_subscription_not_over",
            ["company_id"],
            unique=True,
            sqlite_where=NOT_OVER,
            postgresql_where=NOT_OVER,
        )


def create_subscription_invoice():
    op.create_table(
        "subscription_invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_subscription_invoice_currency")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "subscription_id"],
            ["subscription.company_id", "subscription.id"],
            name=op.f("fk_subscription_invoice_company_id_subscription_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_subscription_invoice_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_invoice")),
        sa.UniqueConstraint("company_id", "stripe_id", name=op.f("uq_subscription_invoice_company_id_stripe_id")),
    )
    with op.batch_alter_table("subscription_invoice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subscription_invoice_company_id_subscription_id"), ["company_id", "subscription_id"]
        )
