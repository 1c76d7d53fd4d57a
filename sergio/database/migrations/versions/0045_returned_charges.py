"""Automatic payments that a bank took back after they had arrived.

Revision 0045, after 0044.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

BEFORE = (
    "planned", "charging", "processing", "paid", "declined", "needs_customer", "failed",
    "skipped", "over_cap", "stopped", "settled",
)  # fmt: skip
AFTER = (*BEFORE[:7], "returned", *BEFORE[7:])
CHARGE = sa.table("auto_pay_charge", *map(sa.column, ("company_id", "attempt_id", "status")))
PAYMENT = sa.table("payment", *map(sa.column, ("company_id", "attempt_id", "undone_at")))


def upgrade():
    allow(AFTER)
    came_back = sa.select(sa.literal(1)).where(
        PAYMENT.c.company_id == CHARGE.c.company_id,
        PAYMENT.c.attempt_id == CHARGE.c.attempt_id,
        PAYMENT.c.undone_at.is_not(None),
    )
    paid = sa.update(CHARGE).where(CHARGE.c.status == "paid", came_back.exists())
    op.execute(paid.values(status="returned"))


def downgrade():
    op.execute(sa.update(CHARGE).where(CHARGE.c.status == "returned").values(status="paid"))
    allow(BEFORE)


def allow(statuses: tuple[str, ...]):
    with op.batch_alter_table("auto_pay_charge") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_auto_pay_charge_status"), type_="check")
        listed = ", ".join(map(repr, statuses))
        batch_op.create_check_constraint(batch_op.f("ck_auto_pay_charge_status"), f"status IN ({listed})")
