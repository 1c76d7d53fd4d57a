"""The language a contact has chosen, and that of the page a sign-in link was requested on.

Revision 0038, after 0037.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("contact", "magic_link"):
        op.add_column(table, sa.Column("language", sa.String(length=10), nullable=True))


def downgrade():
    for table in ("contact", "magic_link"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("language")
