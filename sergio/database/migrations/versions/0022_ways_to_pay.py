"""What customers can pay with, whether they can pay a part, and who gets receipts.

Revision 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SWITCHES = {
    "accepts_cards": sa.true(),
    "cards_enabled": sa.true(),
    "bank_debits_enabled": sa.false(),
    "allows_part_payments": sa.false(),
    "copies_receipts": sa.false(),
}
CHECKS = {
    "ck_company_part_payment_minimum": "part_payment_minimum >= 0",
    "ck_company_receipts_to": "receipts_to IN ('payer', 'billing')",
    "ck_company_accepts_cards_or_bank_debits": "accepts_cards OR accepts_bank_debits",
}


def upgrade():
    with op.batch_alter_table("company") as batch_op:
        for name, default in SWITCHES.items():
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
        batch_op.add_column(sa.Column("part_payment_minimum", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("receipts_to", sa.String(length=10), nullable=False, server_default="payer"))
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(op.f(name), condition)


def downgrade():
    with op.batch_alter_table("company") as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(op.f(name), type_="check")
        for name in ("receipts_to", "part_payment_minimum", *SWITCHES):
            batch_op.drop_column(name)
