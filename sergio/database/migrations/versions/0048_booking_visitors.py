"""People who book without being customers yet.

Revision 0048, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

CHECKS = {
    "of_one": "(contact_id IS NULL) = (visitor_id IS NOT NULL)",
    "place_of_a_contact": "(contact_id IS NULL) = (property_id IS NULL)",
}


def upgrade():
    op.create_table(
        "booking_visitor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=60), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_booking_visitor_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "service_id"],
            ["service.company_id", "service.id"],
            name=op.f("fk_booking_visitor_company_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_visitor")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_booking_visitor_company_id_id")),
        sa.UniqueConstraint("company_id", "digest", name=op.f("uq_booking_visitor_company_id_digest")),
    )
    for columns in (["company_id", "network"], ["company_id", "service_id"], ["created_at"]):
        op.create_index(op.f(f"ix_booking_visitor_{'_'.join(columns)}"), "booking_visitor", columns)
    with op.batch_alter_table("booking_hold") as batch_op:
        batch_op.add_column(sa.Column("visitor_id", sa.Integer(), nullable=True))
        batch_op.alter_column("contact_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("property_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_booking_hold_company_id_visitor_id"),
            "booking_visitor",
            ["company_id", "visitor_id"],
            ["company_id", "id"],
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_booking_hold_company_id_visitor_id"), ["company_id", "visitor_id"]
        )
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_booking_hold_{name}"), condition)
    with op.batch_alter_table("magic_link") as batch_op:
        batch_op.add_column(sa.Column("for_new", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("new_customers_book", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    op.execute("DELETE FROM appointment_slice WHERE hold_id IS NOT NULL")
    op.execute("DELETE FROM booking_hold")
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_column("new_customers_book")
    with op.batch_alter_table("magic_link") as batch_op:
        batch_op.drop_column("for_new")
    with op.batch_alter_table("booking_hold") as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_booking_hold_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_booking_hold_company_id_visitor_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_booking_hold_company_id_visitor_id"), type_="foreignkey")
        batch_op.alter_column("property_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("contact_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("visitor_id")
    op.drop_table("booking_visitor")
