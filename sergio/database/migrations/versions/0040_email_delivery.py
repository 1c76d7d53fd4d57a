"""Kinds of emails, their words, who does not want them, and whether they arrived.

Revision 0040, after 0039.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ADDED = (
    *("kind", "contact_id", "about", "about_number", "unsubscribe_url"),
    *("deferred_at", "deferral", "seen_at", "is_unknown_address"),
)
PAUSED = sa.text("lifted_at IS NULL")


def upgrade():
    with op.batch_alter_table("outgoing_email") as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("about", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("about_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("unsubscribe_url", sa.String(length=300), server_default="", nullable=False))
        batch_op.add_column(sa.Column("deferred_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deferral", sa.String(length=500), server_default="", nullable=False))
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("is_unknown_address", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(
            batch_op.f("ix_outgoing_email_company_id_about_about_number_id"),
            ["company_id", "about", "about_number", "id"],
        )
    op.create_table(
        "email_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("opening", sa.String(length=2000), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_email_wording_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_wording")),
        sa.UniqueConstraint("company_id", "kind", name=op.f("uq_email_wording_company_id_kind")),
    )
    op.create_table(
        "unwanted_email",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_unwanted_email_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_unwanted_email_company_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unwanted_email")),
        sa.UniqueConstraint(
            "company_id", "contact_id", "kind", name=op.f("uq_unwanted_email_company_id_contact_id_kind")
        ),
    )
    op.create_table(
        "paused_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_paused_address_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paused_address")),
    )
    with op.batch_alter_table("paused_address") as batch_op:
        batch_op.create_index(
            "uq_paused_address_paused",
            ["company_id", "email_key"],
            unique=True,
            sqlite_where=PAUSED,
            postgresql_where=PAUSED,
        )


def downgrade():
    op.drop_table("paused_address")
    op.drop_table("unwanted_email")
    op.drop_table("email_wording")
    with op.batch_alter_table("outgoing_email") as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_email_company_id_about_about_number_id"))
        for name in ADDED:
            batch_op.drop_column(name)
