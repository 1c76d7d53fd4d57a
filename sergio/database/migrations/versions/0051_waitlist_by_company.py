"""The waitlist is read by company.

Revision 0051, after 0050.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

ACTIVE = sa.text("ended_at IS NULL")


def upgrade():
    op.drop_index("ix_waitlist_entry_oldest", "waitlist_entry")


def downgrade():
    op.create_index(
        "ix_waitlist_entry_oldest",
        "waitlist_entry",
        ["created_at"],
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
