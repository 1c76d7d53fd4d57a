"""What was paid by month, and what each staff member has seen of their customers' activity.

Revision 0016, after 0015.
"""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LEDGER = sa.table(
    "ledger_entry", sa.column("id"), sa.column("company_id"), sa.column("at", sa.DateTime), sa.column("entered_on")
)


def upgrade():
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.add_column(sa.Column("entered_on", sa.Date(), nullable=True))
    drop_append_only()
    write_days()
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.alter_column("entered_on", existing_type=sa.Date(), nullable=False)
    op.create_table(
        "paid_sum",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_paid_sum_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paid_sum")),
    )
    op.create_index(op.f("ix_paid_sum_company_id_month_currency"), "paid_sum", ["company_id", "month", "currency"])
    add_up()
    op.add_column("staff_member", sa.Column("activity_seen_at", sa.DateTime(timezone=True), nullable=True))


def drop_append_only():
    """Ledger entries never change; the upgrade creates these triggers again at its end."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS ledger_entry_no_update ON ledger_entry")
    else:
        op.execute("DROP TRIGGER IF EXISTS ledger_entry_no_update")


def write_days():
    """Set `entered_on` to the company's day of each entry."""
    connection = op.get_bind()
    zones = dict(connection.execute(sa.text("SELECT id, time_zone FROM company")).all())
    entries = connection.execute(sa.select(LEDGER.c.id, LEDGER.c.company_id, LEDGER.c.at)).all()
    days = [{"entry": row.id, "day": local_day(row.at, zones[row.company_id])} for row in entries]
    if days:
        entry, day = sa.bindparam("entry"), sa.bindparam("day", type_=sa.Date)
        connection.execute(sa.update(LEDGER).where(LEDGER.c.id == entry).values(entered_on=day), days)


def local_day(at, zone: str):
    """SQLite gives instants without a time zone: they are UTC."""
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo("UTC"))
    return at.astimezone(ZoneInfo(zone)).date()


def add_up():
    """The sums of the entries that are there; from now on, triggers keep them."""
    embedded = op.get_bind().dialect.name == "sqlite"
    month = "date(entered_on, 'start of month')" if embedded else "CAST(date_trunc('month', entered_on) AS date)"
    op.execute(
        f"INSERT INTO paid_sum (company_id, month, currency, amount) "  # noqa: S608 - only constants
        f"SELECT entry.company_id, {month}, invoice.currency, -sum(entry.amount) FROM ledger_entry AS entry "
        "JOIN invoice ON invoice.company_id = entry.company_id AND invoice.id = entry.invoice_id "
        "WHERE entry.kind IN ('payment', 'refund', 'dispute') AND invoice.number <= 90000000 "
        f"GROUP BY entry.company_id, {month}, invoice.currency"
    )


def downgrade():
    op.drop_column("staff_member", "activity_seen_at")
    op.execute("DROP TRIGGER IF EXISTS ledger_entry_kept_on_insert" + on_postgresql(" ON ledger_entry"))
    op.drop_table("paid_sum")
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.drop_column("entered_on")


def on_postgresql(words: str) -> str:
    return words if op.get_bind().dialect.name == "postgresql" else ""
