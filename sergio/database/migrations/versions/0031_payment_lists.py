"""Indexes for the lists of payments and disputes.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

COLUMNS = {
    "payment": (("amount", "id"), ("method", "at"), ("last4", "at"), ("reference", "at")),
    "dispute": (("at",),),
}
PARTIAL = (
    ("ix_payment_undone", "payment", "at", "undone_at IS NOT NULL"),
    ("ix_refund_failed", "refund", "at", "status = 'failed'"),
    (
        "ix_dispute_needs_answer",
        "dispute",
        "answer_by",
        "status IN ('warning_needs_response', 'needs_response', 'appeal_needs_response')",
    ),
)


def upgrade():
    for table, every in COLUMNS.items():
        for columns in every:
            op.create_index(op.f(name_of(table, columns)), table, ["company_id", *columns])
    for name, table, column, condition in PARTIAL:
        where: dict = dict.fromkeys(("sqlite_where", "postgresql_where"), sa.text(condition))
        op.create_index(name, table, ["company_id", column], **where)


def name_of(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_company_id_{'_'.join(columns)}"


def downgrade():
    for name, table, _column, _condition in PARTIAL:
        op.drop_index(name, table)
    for table, every in COLUMNS.items():
        for columns in every:
            op.drop_index(op.f(name_of(table, columns)), table)
