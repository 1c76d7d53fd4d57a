"""logos: the picture that a company shows instead of its name.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("company", sa.Column("logo", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("company", sa.Column("logo_ground", sa.String(length=5), nullable=False, server_default="any"))
    op.add_column("company", sa.Column("logo_width", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("company", sa.Column("logo_height", sa.Integer(), nullable=False, server_default="0"))


def downgrade():
    for name in ("logo_height", "logo_width", "logo_ground", "logo"):
        op.drop_column("company", name)
