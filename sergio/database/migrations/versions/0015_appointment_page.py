"""the page of an appointment: its progress, notes and photos, its invoice, and what customers see of them.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SWITCHES = {"shows_notes": sa.true(), "shows_photos": sa.true(), "emails_summary": sa.false()}
VALID, READY = sa.text("undone_at IS NULL"), sa.text("invoice_id IS NULL")
TRIGGERS = ("invoice_frees_appointments_kept_on_update", "invoice_frees_appointments_kept_on_delete")
OF_APPOINTMENT = {"appointment_id": "appointment"}
OF_STAFF = {"appointment_id": "appointment", "staff_id": "staff_member"}


def upgrade():
    for switch, default in SWITCHES.items():
        op.add_column("company", sa.Column(switch, sa.Boolean(), nullable=False, server_default=default))
    create_steps()
    create_notes()
    create_photos()
    create_billings()


def create_steps():
    op.create_table(
        "appointment_step",
        *by_staff(),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=False),
        *keys("appointment_step", OF_STAFF),
        sa.CheckConstraint("kind IN ('on_way', 'started', 'done')", name=op.f("ck_appointment_step_kind")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 240", name=op.f("ck_appointment_step_minutes")),
    )
    index_appointments("appointment_step")
    op.create_index(
        "uq_appointment_step_valid",
        "appointment_step",
        ["company_id", "appointment_id", "kind"],
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )


def create_notes():
    op.create_table(
        "appointment_note",
        *by_staff(),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        *keys("appointment_note", OF_STAFF),
    )
    index_appointments("appointment_note")


def create_photos():
    op.create_table(
        "appointment_photo",
        *by_staff(),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        *keys("appointment_photo", OF_STAFF),
        sa.CheckConstraint("kind IN ('before', 'after', 'other')", name=op.f("ck_appointment_photo_kind")),
        sa.UniqueConstraint(
            "company_id",
            "appointment_id",
            "digest",
            name=op.f("uq_appointment_photo_company_id_appointment_id_digest"),
        ),
    )


def create_billings():
    op.create_table(
        "appointment_billing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        *keys("appointment_billing", OF_APPOINTMENT | {"invoice_id": "invoice"}),
        sa.UniqueConstraint(
            "company_id", "appointment_id", name=op.f("uq_appointment_billing_company_id_appointment_id")
        ),
    )
    op.create_index(
        op.f("ix_appointment_billing_company_id_invoice_id"), "appointment_billing", ["company_id", "invoice_id"]
    )
    op.create_index(
        "ix_appointment_billing_ready",
        "appointment_billing",
        ["company_id", "done_at", "id"],
        sqlite_where=READY,
        postgresql_where=READY,
    )


def by_staff() -> list[sa.Column]:
    """The columns of what a staff member does at an appointment."""
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
    ]


def keys(table: str, owners: dict[str, str]) -> list:
    """The company, the primary key, and the keys of the rows it refers to, all of the same company."""
    named = f"fk_{table}_company_id"
    return [
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(named)),
        *(
            sa.ForeignKeyConstraint(
                ["company_id", column], [f"{owner}.company_id", f"{owner}.id"], name=op.f(f"{named}_{column}")
            )
            for column, owner in owners.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def index_appointments(table: str):
    op.create_index(op.f(f"ix_{table}_company_id_appointment_id"), table, ["company_id", "appointment_id"])


def downgrade():
    of_table = "" if op.get_bind().dialect.name == "sqlite" else " ON invoice"
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {trigger}{of_table}")
    for table in ("appointment_billing", "appointment_photo", "appointment_note", "appointment_step"):
        op.drop_table(table)
    for switch in SWITCHES:
        op.drop_column("company", switch)
