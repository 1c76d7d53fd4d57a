"""quotes: discounts, packages, deposits, replies, looks, reminders, undone acceptances.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LINES = ("quote_line", "invoice_line")
RATE = "BETWEEN 0 AND 10000"
STANDING = sa.text("quote_part IS NOT NULL AND voided_at IS NULL")
STANDING_PART = {"sqlite_where": STANDING, "postgresql_where": STANDING}
VERSION = ["company_id", "quote_id", "version"]
SIGNED = ["company_id", "quote_id", "times_undone"]


def upgrade():
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("quote_days", sa.Integer(), nullable=False, server_default="30"))
        batch_op.add_column(sa.Column("quote_reminder_before", sa.Integer(), nullable=True, server_default="3"))
        batch_op.add_column(sa.Column("quote_reminder_after", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_company_quote_days"), "quote_days >= 0")
        batch_op.create_check_constraint(op.f("ck_company_quote_reminder_before"), "quote_reminder_before >= 1")
        batch_op.create_check_constraint(op.f("ck_company_quote_reminder_after"), "quote_reminder_after >= 1")
    without_defaults("company", "quote_days", "quote_reminder_before")

    with op.batch_alter_table("quote") as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("deposit_rate", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("deposit", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("invoices_deposit", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("times_undone", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_quote_deposit"), "deposit >= 0")
        batch_op.create_check_constraint(op.f("ck_quote_deposit_rate"), f"deposit_rate {RATE}")
        batch_op.create_check_constraint(op.f("ck_quote_one_deposit"), "deposit_rate = 0 OR deposit = 0")
    without_defaults("quote", "revision", "deposit_rate", "deposit", "invoices_deposit", "times_undone")

    create(
        "quote_package",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recommended", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("company_id", "quote_id", "id", name=op.f("uq_quote_package_company_id_quote_id_id")),
    )

    for table in LINES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("discount_rate", sa.Integer(), nullable=False, server_default="0"))
            batch_op.add_column(sa.Column("discount", sa.BigInteger(), nullable=False, server_default="0"))
            batch_op.create_check_constraint(op.f(f"ck_{table}_discount"), "discount >= 0")
            batch_op.create_check_constraint(op.f(f"ck_{table}_discount_rate"), f"discount_rate {RATE}")
            batch_op.create_check_constraint(op.f(f"ck_{table}_one_discount"), "discount_rate = 0 OR discount = 0")
        without_defaults(table, "discount_rate", "discount")
    with op.batch_alter_table("quote_line") as batch_op:
        batch_op.add_column(sa.Column("package_id", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_quote_line_packages_are_whole"), "package_id IS NULL OR NOT optional")
        batch_op.create_foreign_key(
            op.f("fk_quote_line_company_id_quote_id_package_id"),
            "quote_package",
            ["company_id", "quote_id", "package_id"],
            ["company_id", "quote_id", "id"],
        )

    with op.batch_alter_table("quote_acceptance") as batch_op:
        batch_op.add_column(sa.Column("times_undone", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_constraint(op.f("uq_quote_acceptance_company_id_quote_id"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_quote_acceptance_company_id_quote_id_times_undone"), SIGNED)
    without_defaults("quote_acceptance", "times_undone")
    with op.batch_alter_table("quote_change_request") as batch_op:
        batch_op.create_unique_constraint(op.f("uq_quote_change_request_company_id_id"), ["company_id", "id"])

    create(
        "quote_acceptance_undone",
        sa.Column("times_undone", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            SIGNED,
            [f"quote_acceptance.{column}" for column in SIGNED],
            name=op.f("fk_quote_acceptance_undone_company_id_quote_id_times_undone"),
        ),
        sa.UniqueConstraint(*SIGNED, name=op.f("uq_quote_acceptance_undone_company_id_quote_id_times_undone")),
    )
    create(
        "quote_reply",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quote_reply_version")),
        sa.ForeignKeyConstraint(
            ["company_id", "request_id"],
            ["quote_change_request.company_id", "quote_change_request.id"],
            name=op.f("fk_quote_reply_company_id_request_id"),
        ),
    )
    with op.batch_alter_table("quote_reply") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quote_reply_company_id_quote_id"), ["company_id", "quote_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_quote_reply_company_id_request_id"), ["company_id", "request_id"], unique=False
        )
    create(
        "quote_look",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quote_look_version")),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_quote_look_company_id_contact_id"),
        ),
        of_version("quote_look"),
        sa.UniqueConstraint(*VERSION, "contact_id", name=op.f("uq_quote_look_company_id_quote_id_version_contact_id")),
    )
    with op.batch_alter_table("quote_look") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quote_look_company_id_contact_id"), ["company_id", "contact_id"], unique=False
        )
    create(
        "quote_reminder",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quote_reminder_version")),
        sa.CheckConstraint("kind IN ('expiring', 'unanswered')", name=op.f("ck_quote_reminder_kind")),
        of_version("quote_reminder"),
        sa.UniqueConstraint(*VERSION, "kind", name=op.f("uq_quote_reminder_company_id_quote_id_version_kind")),
    )

    with op.batch_alter_table("invoice") as batch_op:
        batch_op.add_column(sa.Column("quote_part", sa.String(length=20), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_invoice_part_of_a_quote"), "quote_part IS NULL OR quote_id IS NOT NULL"
        )
        batch_op.create_check_constraint(op.f("ck_invoice_quote_part"), "quote_part IN ('deposit', 'rest')")
        batch_op.create_index(
            "uq_invoice_quote_part", ["company_id", "quote_id", "quote_part"], unique=True, **STANDING_PART
        )


def create(table: str, *columns):
    """A table whose rows belong to a quote of a company."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{table}_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "quote_id"], ["quote.company_id", "quote.id"], name=op.f(f"fk_{table}_company_id_quote_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def of_version(table: str) -> sa.ForeignKeyConstraint:
    key = [f"quote_version.{column}" for column in VERSION]
    return sa.ForeignKeyConstraint(VERSION, key, name=op.f(f"fk_{table}_company_id_quote_id_version"))


def without_defaults(table: str, *columns: str):
    """Drop the defaults that only the rows of before needed."""
    with op.batch_alter_table(table) as batch_op:
        for column in columns:
            batch_op.alter_column(column, server_default=None)


def delete_undone_acceptances():
    """Before this revision a quote had one acceptance, so only the one in force can stay."""
    on = " ON quote_acceptance" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"DROP TRIGGER IF EXISTS quote_acceptance_no_delete{on}")
    op.execute(
        "DELETE FROM quote_acceptance WHERE times_undone < (SELECT quote.times_undone FROM quote"
        " WHERE quote.company_id = quote_acceptance.company_id AND quote.id = quote_acceptance.quote_id)"
    )


def downgrade():
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.drop_index("uq_invoice_quote_part", **STANDING_PART)
        batch_op.drop_constraint(op.f("ck_invoice_quote_part"), type_="check")
        batch_op.drop_constraint(op.f("ck_invoice_part_of_a_quote"), type_="check")
        batch_op.drop_column("quote_part")
    for table in ("quote_reminder", "quote_look", "quote_reply", "quote_acceptance_undone"):
        op.drop_table(table)

    with op.batch_alter_table("quote_change_request") as batch_op:
        batch_op.drop_constraint(op.f("uq_quote_change_request_company_id_id"), type_="unique")
    delete_undone_acceptances()
    with op.batch_alter_table("quote_acceptance") as batch_op:
        batch_op.drop_constraint(op.f("uq_quote_acceptance_company_id_quote_id_times_undone"), type_="unique")
        batch_op.drop_column("times_undone")
        batch_op.create_unique_constraint(op.f("uq_quote_acceptance_company_id_quote_id"), ["company_id", "quote_id"])

    with op.batch_alter_table("quote_line") as batch_op:
        batch_op.drop_constraint(op.f("fk_quote_line_company_id_quote_id_package_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_quote_line_packages_are_whole"), type_="check")
        batch_op.drop_column("package_id")
    for table in LINES:
        with op.batch_alter_table(table) as batch_op:
            for name in ("one_discount", "discount_rate", "discount"):
                batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch_op.drop_column("discount")
            batch_op.drop_column("discount_rate")
    op.drop_table("quote_package")

    with op.batch_alter_table("quote") as batch_op:
        for name in ("one_deposit", "deposit_rate", "deposit"):
            batch_op.drop_constraint(op.f(f"ck_quote_{name}"), type_="check")
        for name in ("times_undone", "invoices_deposit", "deposit", "deposit_rate", "revision"):
            batch_op.drop_column(name)
    with op.batch_alter_table("company") as batch_op:
        for name in ("quote_reminder_after", "quote_reminder_before", "quote_days"):
            batch_op.drop_constraint(op.f(f"ck_company_{name}"), type_="check")
            batch_op.drop_column(name)
