"""customers add photos to an appointment, also while they book it.

Revision 0052, after 0051.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

TABLE = "appointment_photo"
OF_HOLD = "fk_appointment_photo_company_id_hold_id"
KIND = "ck_appointment_photo_kind"
CHECKS = {
    "ck_appointment_photo_of_one": "(appointment_id IS NULL) = (hold_id IS NOT NULL)",
    "ck_appointment_photo_by_staff_or_a_customer": "(kind = 'customer') = (staff_id IS NULL)",
}
OWNERS = ("appointment_id", "staff_id")


def upgrade():
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("hold_id", sa.Integer(), nullable=True))
        for owner in OWNERS:
            batch.alter_column(owner, existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(op.f(OF_HOLD), "booking_hold", ["company_id", "hold_id"], ["company_id", "id"])
        batch.create_unique_constraint(
            op.f("uq_appointment_photo_company_id_hold_id_digest"), ["company_id", "hold_id", "digest"]
        )
        batch.drop_constraint(op.f(KIND), type_="check")
        batch.create_check_constraint(op.f(KIND), "kind IN ('before', 'after', 'other', 'customer')")
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(name), rule)
    op.create_index(op.f("ix_appointment_photo_company_id_digest"), TABLE, ["company_id", "digest"])


def downgrade():
    op.execute("DELETE FROM appointment_photo WHERE kind = 'customer'")
    op.execute("DELETE FROM stored_file WHERE path LIKE 'customer-photos/%'")
    op.drop_index(op.f("ix_appointment_photo_company_id_digest"), TABLE)
    with op.batch_alter_table(TABLE) as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(name), type_="check")
        batch.drop_constraint(op.f(KIND), type_="check")
        batch.create_check_constraint(op.f(KIND), "kind IN ('before', 'after', 'other')")
        batch.drop_constraint(op.f("uq_appointment_photo_company_id_hold_id_digest"), type_="unique")
        batch.drop_constraint(op.f(OF_HOLD), type_="foreignkey")
        batch.drop_column("hold_id")
        for owner in OWNERS:
            batch.alter_column(owner, existing_type=sa.Integer(), nullable=False)
