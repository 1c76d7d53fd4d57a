"""sign-ups, hand-overs, former subdomains, and the checklist.

Revision 0006, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LOOKS = str.maketrans("015", "ols")


def upgrade():
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subdomain_look", sa.String(length=63), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("checklist_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_company_subdomain_look"), ["subdomain_look"], unique=False)
    note_looks(op.get_bind())
    op.create_table(
        "former_subdomain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdomain", sa.String(length=63), nullable=False),
        sa.Column("look", sa.String(length=63), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_by", sa.String(length=120), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_former_subdomain_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_subdomain")),
        sa.UniqueConstraint("subdomain", name=op.f("uq_former_subdomain_subdomain")),
    )
    with op.batch_alter_table("former_subdomain", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_subdomain_look"), ["look"], unique=False)

    op.create_table(
        "sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subdomain", sa.String(length=63), nullable=False),
        sa.Column("owner_name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=500), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_sign_up_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_up_digest")),
    )
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_up_mailbox_requested_at"), ["mailbox", "requested_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_up_nonce"), ["nonce"], unique=False)

    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("next_path", sa.String(length=2000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "staff_id"],
            ["staff_member.company_id", "staff_member.id"],
            name=op.f("fk_hand_over_company_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_hand_over_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("digest", name=op.f("uq_hand_over_digest")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_over_expires_at"), ["expires_at"], unique=False)


def note_looks(connection):
    """What `companies.subdomains.look` says today of the subdomains there are."""
    company = sa.table("company", sa.column("id"), sa.column("subdomain"), sa.column("subdomain_look"))
    for row in connection.execute(sa.select(company.c.id, company.c.subdomain)).all():
        look = row.subdomain.replace("-", "").translate(LOOKS).replace("rn", "m").replace("vv", "w")
        connection.execute(sa.update(company).where(company.c.id == row.id).values(subdomain_look=look))


def downgrade():
    op.drop_table("hand_over")
    op.drop_table("sign_up")
    op.drop_table("former_subdomain")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_company_subdomain_look"))
        batch_op.drop_column("checklist_since")
        batch_op.drop_column("subdomain_look")
