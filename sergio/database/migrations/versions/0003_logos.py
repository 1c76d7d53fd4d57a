"""logos: which files a company's logo has, and how it is shown.

Revision 0003, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    sa.Column("logo", sa.String(length=32), nullable=False, server_default=""),
    sa.Column("logo_ground", sa.String(length=5), nullable=False, server_default="any"),
    sa.Column("logo_width", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("logo_height", sa.Integer(), nullable=False, server_default="0"),
)


def upgrade():
    for column in COLUMNS:
        op.add_column("company", column.copy())


def downgrade():
    for column in COLUMNS:
        op.drop_column("company", column.name)
