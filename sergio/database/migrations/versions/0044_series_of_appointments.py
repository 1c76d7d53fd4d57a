"""Series of appointments.

Revision 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

NAME = "appointment_series"
KEYS = {
    "customer_id": "customer",
    "contact_id": "contact",
    "property_id": "property",
    "service_id": "service",
    "staff_id": "staff_member",
}
CHECKS = {"weeks": "weeks IN (1, 2, 4)", "minutes": "minutes >= 1", "minute": "minute BETWEEN 0 AND 1439"}
GOES_ON = sa.text("ended_at IS NULL AND until IS NULL")
OF_SERIES = sa.text("series_id IS NOT NULL")


def upgrade():
    op.create_table(
        NAME,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=False) for column in KEYS),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_{NAME}_{check}")) for check, sql in CHECKS.items()),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{NAME}_company_id")),
        *(
            sa.ForeignKeyConstraint(
                ["company_id", column],
                [f"{table}.company_id", f"{table}.id"],
                name=op.f(f"fk_{NAME}_company_id_{column}"),
            )
            for column, table in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NAME}")),
        sa.UniqueConstraint("company_id", "id", name=op.f(f"uq_{NAME}_company_id_id")),
    )
    op.create_index(op.f(f"ix_{NAME}_company_id_customer_id"), NAME, ["company_id", "customer_id"])
    op.create_index(f"ix_{NAME}_goes_on", NAME, ["made_until"], sqlite_where=GOES_ON, postgresql_where=GOES_ON)
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_appointment_company_id_series_id"), NAME, ["company_id", "series_id"], ["company_id", "id"]
        )
    op.create_index(
        *("ix_appointment_series", "appointment", ["company_id", "series_id", "starts_at"]),
        sqlite_where=OF_SERIES,
        postgresql_where=OF_SERIES,
    )


def downgrade():
    op.drop_index("ix_appointment_series", "appointment")
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_appointment_company_id_series_id"), type_="foreignkey")
        batch_op.drop_column("series_id")
    op.drop_table(NAME)
