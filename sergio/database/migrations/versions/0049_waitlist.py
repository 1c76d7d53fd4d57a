"""The waitlist, and times that are offered to who is on it.

Revision 0049, after 0048.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

ACTIVE, CHOSEN = sa.text("ended_at IS NULL"), sa.text("entry_id IS NULL")
BELONGS_TO = [
    ("customer_id", "customer"),
    ("contact_id", "contact"),
    ("service_id", "service"),
    ("property_id", "property"),
]


def upgrade():
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=False) for column, _table in BELONGS_TO),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("day_part", sa.String(length=20), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("day_part IN ('', 'morning', 'afternoon')", name=op.f("ck_waitlist_entry_day_part")),
        sa.CheckConstraint("outcome IN ('', 'left', 'booked')", name=op.f("ck_waitlist_entry_outcome")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_waitlist_entry_company_id")),
        *(
            sa.ForeignKeyConstraint(
                ["company_id", column],
                [f"{table}.company_id", f"{table}.id"],
                name=op.f(f"fk_waitlist_entry_company_id_{column}"),
            )
            for column, table in BELONGS_TO
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_waitlist_entry_company_id_id")),
    )
    op.create_index(op.f("ix_waitlist_entry_company_id_customer_id"), "waitlist_entry", ["company_id", "customer_id"])
    op.create_index(
        op.f("ix_waitlist_entry_company_id_created_at_id"), "waitlist_entry", ["company_id", "created_at", "id"]
    )
    op.create_index(
        "ix_waitlist_entry_oldest",
        "waitlist_entry",
        ["created_at"],
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index(
        "uq_waitlist_entry_active",
        "waitlist_entry",
        ["company_id", "contact_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    with op.batch_alter_table("booking_hold") as batch_op:
        batch_op.add_column(sa.Column("entry_id", sa.Integer(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_booking_hold_company_id_contact_id"), type_="unique")
        batch_op.create_foreign_key(
            batch_op.f("fk_booking_hold_company_id_entry_id"),
            "waitlist_entry",
            ["company_id", "entry_id"],
            ["company_id", "id"],
        )
        batch_op.create_unique_constraint(batch_op.f("uq_booking_hold_company_id_entry_id"), ["company_id", "entry_id"])
        batch_op.create_index(batch_op.f("ix_booking_hold_company_id_contact_id"), ["company_id", "contact_id"])
        batch_op.create_index(
            "uq_booking_hold_chosen",
            ["company_id", "contact_id"],
            unique=True,
            sqlite_where=CHOSEN,
            postgresql_where=CHOSEN,
        )


def downgrade():
    op.execute("DELETE FROM appointment_slice WHERE hold_id IS NOT NULL")
    op.execute("DELETE FROM booking_hold")
    with op.batch_alter_table("booking_hold") as batch_op:
        batch_op.drop_index("uq_booking_hold_chosen")
        batch_op.drop_index(batch_op.f("ix_booking_hold_company_id_contact_id"))
        batch_op.drop_constraint(batch_op.f("uq_booking_hold_company_id_entry_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_booking_hold_company_id_entry_id"), type_="foreignkey")
        batch_op.create_unique_constraint(
            batch_op.f("uq_booking_hold_company_id_contact_id"), ["company_id", "contact_id"]
        )
        batch_op.drop_column("entry_id")
    op.drop_table("waitlist_entry")
