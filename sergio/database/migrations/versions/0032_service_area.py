"""Where a company works.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "service_area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cities", sa.JSON(), nullable=False),
        sa.Column("postal_codes", sa.JSON(), nullable=False),
        sa.Column("shapes", sa.JSON(), nullable=False),
        sa.Column("last_shape", sa.Integer(), nullable=False),
        sa.Column("radius", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_shape >= 0", name=op.f("ck_service_area_last_shape")),
        sa.CheckConstraint("radius >= 1", name=op.f("ck_service_area_radius")),
        sa.CheckConstraint("unit IN ('mi', 'km')", name=op.f("ck_service_area_unit")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_service_area_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_area")),
        sa.UniqueConstraint("company_id", name=op.f("uq_service_area_company_id")),
    )


def downgrade():
    op.drop_table("service_area")
