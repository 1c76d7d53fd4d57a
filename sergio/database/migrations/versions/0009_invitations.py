"""invitations to the portal.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHO = "who IN ('never', 'not_active', 'everyone', 'chosen')"
ENDED = "ended IN ('', 'complete', 'stopped', 'no_portal')"
OUTCOME = "outcome IN ('sent', 'archived', 'no_email', 'active', 'recent', 'bounced', 'same_mailbox')"
UNFINISHED, CURRENT = sa.text("finished_at IS NULL"), sa.text("revoked_at IS NULL")


def upgrade():
    op.create_table(
        "invitation_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=20), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("last_contact_id", sa.Integer(), nullable=False),
        sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(WHO, name=op.f("ck_invitation_run_who")),
        sa.CheckConstraint(ENDED, name=op.f("ck_invitation_run_ended")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_invitation_run_number")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invitation_run_company_id")),
        of_company("invitation_run", "staff_id", "staff_member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_run")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_invitation_run_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_invitation_run_company_id_number")),
    )
    only_one("uq_invitation_run_unfinished", "invitation_run", ["company_id"], UNFINISHED)

    op.create_table(
        "invitation_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(OUTCOME, name=op.f("ck_invitation_outcome_outcome")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invitation_outcome_company_id")),
        of_company("invitation_outcome", "run_id", "invitation_run"),
        of_company("invitation_outcome", "contact_id", "contact"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_outcome")),
        sa.UniqueConstraint(
            "company_id", "run_id", "contact_id", name=op.f("uq_invitation_outcome_company_id_run_id_contact_id")
        ),
    )
    index("invitation_outcome", "run_id", "outcome", "contact_id")
    index("invitation_outcome", "contact_id")

    op.create_table(
        "portal_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_portal_invitation_company_id")),
        of_company("portal_invitation", "contact_id", "contact"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_portal_invitation_digest")),
    )
    index("portal_invitation", "contact_id")
    index("portal_invitation", "email", "sent_at")
    index("portal_invitation", "sent_at")
    only_one("uq_portal_invitation_current", "portal_invitation", ["company_id", "contact_id"], CURRENT)


def of_company(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """The key that ties a row to one of another table of the same company."""
    name = op.f(f"fk_{table}_company_id_{column}")
    return sa.ForeignKeyConstraint(["company_id", column], [f"{other}.company_id", f"{other}.id"], name=name)


def index(table: str, *columns: str):
    name = op.f(f"ix_{table}_{'_'.join(('company_id', *columns))}")
    op.create_index(name, table, ["company_id", *columns], unique=False)


def only_one(name: str, table: str, columns: list[str], where: sa.TextClause):
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def downgrade():
    op.drop_table("portal_invitation")
    op.drop_table("invitation_outcome")
    op.drop_table("invitation_run")
