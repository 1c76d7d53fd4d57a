"""Calendars of staff: links to their appointments, other calendars, and busy times from these.

Revision 0043, after 0042.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

VALID = sa.text("revoked_at IS NULL")
ERRORS = "'', 'address', 'private', 'answer', 'slow', 'large', 'content'"
STAFF = {"staff_id": "staff_member"}


def upgrade():
    create_table(
        *("calendar_feed", STAFF),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_index(
        *("uq_calendar_feed_valid", "calendar_feed", ["company_id", "staff_id"]),
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )
    create_table(
        *("other_calendar", STAFF),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"error IN ({ERRORS})", name=op.f("ck_other_calendar_error")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_other_calendar_company_id_id")),
        sa.UniqueConstraint("company_id", "staff_id", name=op.f("uq_other_calendar_company_id_staff_id")),
    )
    op.create_index(op.f("ix_other_calendar_next_at"), "other_calendar", ["next_at"])
    create_table(
        *("busy_time", STAFF | {"calendar_id": "other_calendar"}),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_busy_time_in_order")),
    )
    for column in ("ends_at", "calendar_id"):
        op.create_index(op.f(f"ix_busy_time_company_id_{column}"), "busy_time", ["company_id", column])


def create_table(name: str, keys: dict[str, str], *parts):
    """A table of a company, with the columns `keys` that name rows of other tables."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=False) for column in keys),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{name}_company_id")),
        *(
            sa.ForeignKeyConstraint(
                ["company_id", column],
                [f"{table}.company_id", f"{table}.id"],
                name=op.f(f"fk_{name}_company_id_{column}"),
            )
            for column, table in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def downgrade():
    for name in ("busy_time", "other_calendar", "calendar_feed"):
        op.drop_table(name)
