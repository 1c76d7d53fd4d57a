"""attachments of quotes.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IN_DRAFT = sa.text("removed_at IS NULL")


def upgrade():
    op.create_table(
        "quote_attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("after_version", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'application/pdf')", name=op.f("ck_quote_attachment_media_type")
        ),
        sa.CheckConstraint("size >= 1", name=op.f("ck_quote_attachment_size")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_quote_attachment_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "quote_id"],
            ["quote.company_id", "quote.id"],
            name=op.f("fk_quote_attachment_company_id_quote_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_attachment")),
    )
    op.create_index(op.f("ix_quote_attachment_company_id_digest"), "quote_attachment", ["company_id", "digest"])
    op.create_index(op.f("ix_quote_attachment_company_id_quote_id"), "quote_attachment", ["company_id", "quote_id"])
    op.create_index(
        "uq_quote_attachment_in_draft",
        "quote_attachment",
        ["company_id", "quote_id", "digest"],
        unique=True,
        sqlite_where=IN_DRAFT,
        postgresql_where=IN_DRAFT,
    )


def downgrade():
    op.drop_table("quote_attachment")
