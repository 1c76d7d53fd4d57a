"""Roles of contacts with a limit, changes of email addresses, and service addresses that wait for the office.

Revision 0041, after 0040.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ROLES = "role IN ('full', 'limited', 'booking', 'billing', 'read')"
ROLES_BEFORE = "role IN ('full', 'billing', 'read')"


def upgrade():
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("approves_addresses", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("contact") as batch_op:
        batch_op.add_column(sa.Column("daily_limit", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("limit_currency", sa.String(length=3), nullable=True))
        batch_op.drop_constraint(op.f("ck_contact_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_contact_role"), ROLES)
        batch_op.create_check_constraint(op.f("ck_contact_daily_limit"), "daily_limit >= 1")
        batch_op.create_check_constraint(
            op.f("ck_contact_limited_has_a_limit"), "(role = 'limited') = (daily_limit IS NOT NULL)"
        )
        batch_op.create_check_constraint(
            op.f("ck_contact_limit_has_a_currency"), "(daily_limit IS NULL) = (limit_currency IS NULL)"
        )
    create_email_change()
    create_address_change()


def create_email_change():
    op.create_table(
        "email_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("sign_in_digest", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("before", sa.String(length=254), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_email_change_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_email_change_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_email_change_company_id_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_email_change_digest")),
    )
    op.create_index(
        op.f("ix_email_change_company_id_contact_id_asked_at"),
        "email_change",
        ["company_id", "contact_id", "asked_at"],
    )
    op.create_index(
        "uq_email_change_waiting",
        "email_change",
        ["company_id", "contact_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def create_address_change():
    op.create_table(
        "address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("property_id", sa.Integer(), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=60), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'approved', 'declined', 'withdrawn')", name=op.f("ck_address_change_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_address_change_company_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_address_change_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "property_id"],
            ["property.company_id", "property.id"],
            name=op.f("fk_address_change_company_id_property_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_address_change_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_address_change_company_id_id")),
    )
    op.create_index(op.f("ix_address_change_company_id_customer_id"), "address_change", ["company_id", "customer_id"])
    waiting: dict[str, Any] = {
        "sqlite_where": sa.text("outcome = 'waiting'"),
        "postgresql_where": sa.text("outcome = 'waiting'"),
    }
    op.create_index(
        "uq_address_change_waiting", "address_change", ["company_id", "property_id"], unique=True, **waiting
    )
    op.create_index("ix_address_change_waiting", "address_change", ["company_id", "id"], **waiting)


def downgrade():
    op.drop_table("address_change")
    op.drop_table("email_change")
    op.execute(
        "UPDATE contact SET role = 'read', daily_limit = NULL, limit_currency = NULL WHERE role IN ('limited', 'booking')"
    )
    with op.batch_alter_table("contact") as batch_op:
        for name in ("limit_has_a_currency", "limited_has_a_limit", "daily_limit", "role"):
            batch_op.drop_constraint(op.f(f"ck_contact_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_contact_role"), ROLES_BEFORE)
        batch_op.drop_column("limit_currency")
        batch_op.drop_column("daily_limit")
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_column("approves_addresses")
