"""The widget's scripts and websites, and the way by which people signed in.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "widget_script",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_widget_script_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widget_script")),
        sa.UniqueConstraint("company_id", "digest", name=op.f("uq_widget_script_company_id_digest")),
    )
    op.create_table(
        "widget_host",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_widget_host_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widget_host")),
        sa.UniqueConstraint("company_id", "host", name=op.f("uq_widget_host_company_id_host")),
    )
    with op.batch_alter_table("widget_host") as batch_op:
        batch_op.create_index(batch_op.f("ix_widget_host_seen_on"), ["seen_on"], unique=False)

    with op.batch_alter_table("sign_in") as batch_op:
        batch_op.add_column(sa.Column("way", sa.String(length=20), server_default="", nullable=False))
        batch_op.create_index(
            batch_op.f("ix_sign_in_company_id_way_created_at"), ["company_id", "way", "created_at"], unique=False
        )
        batch_op.create_check_constraint(
            op.f("ck_sign_in_way"), "way IN ('', 'link', 'widget', 'qr', 'sms', 'signature')"
        )


def downgrade():
    with op.batch_alter_table("sign_in") as batch_op:
        batch_op.drop_constraint(op.f("ck_sign_in_way"), type_="check")
        batch_op.drop_index(batch_op.f("ix_sign_in_company_id_way_created_at"))
        batch_op.drop_column("way")
    for table in ("widget_host", "widget_script"):
        op.drop_table(table)
