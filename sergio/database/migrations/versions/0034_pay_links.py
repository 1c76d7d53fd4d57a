"""Links to pay an invoice that are emailed.

Revision 0034, after 0033.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

NAME = "ck_invoice_email_kind"


def upgrade():
    allow("kind IN ('invoice', 'reminder', 'pay_link')")


def downgrade():
    op.execute("DELETE FROM invoice_email WHERE kind = 'pay_link'")
    allow("kind IN ('invoice', 'reminder')")


def allow(kinds: str):
    with op.batch_alter_table("invoice_email") as batch_op:
        batch_op.drop_constraint(op.f(NAME), type_="check")
        batch_op.create_check_constraint(op.f(NAME), kinds)
