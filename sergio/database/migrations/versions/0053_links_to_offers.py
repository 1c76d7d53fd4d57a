"""links in emails also lead to what somebody on the waitlist is offered.

Revision 0053, after 0052.
"""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

KIND = "ck_document_link_kind"


def upgrade():
    allow("'quote', 'invoice', 'appointment', 'offer'")


def downgrade():
    op.execute("DELETE FROM document_link WHERE kind = 'offer'")
    allow("'quote', 'invoice', 'appointment'")


def allow(kinds: str):
    with op.batch_alter_table("document_link") as batch:
        batch.drop_constraint(op.f(KIND), type_="check")
        batch.create_check_constraint(op.f(KIND), f"kind IN ({kinds})")
