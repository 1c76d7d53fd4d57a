"""The titles of quotes, as search finds them.

Revision 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

from sergio.lib.text import folded

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

LONGEST = 80
PIECE = sa.String(length=LONGEST).with_variant(sa.String(length=LONGEST, collation="C"), "postgresql")
QUOTE = sa.table("quote", sa.column("id"), sa.column("company_id"), sa.column("title"), sa.column("title_key"))
PIECES = sa.table("quote_piece", sa.column("company_id"), sa.column("quote_id"), sa.column("piece"))
AT_ONCE = 500


def upgrade():
    op.add_column("quote", sa.Column("title_key", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "quote_piece",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("piece", PIECE, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_quote_piece_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "quote_id"],
            ["quote.company_id", "quote.id"],
            name=op.f("fk_quote_piece_company_id_quote_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "quote_id", "piece", name=op.f("pk_quote_piece")),
        info={"follows": True},
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_quote_piece_company_id_piece_quote_id"), "quote_piece", ["company_id", "piece", "quote_id"]
    )
    fill()


def fill():
    """The keys and the pieces of the quotes that are there; from now on, triggers keep the pieces."""
    connection = op.get_bind()
    quotes = connection.execute(sa.select(QUOTE.c.id, QUOTE.c.company_id, QUOTE.c.title)).all()
    for begin in range(0, len(quotes), AT_ONCE):
        part = quotes[begin : begin + AT_ONCE]
        keys = [{"quote": row.id, "key": folded(row.title)} for row in part]
        set_key = sa.update(QUOTE).where(QUOTE.c.id == sa.bindparam("quote")).values(title_key=sa.bindparam("key"))
        connection.execute(set_key, keys)
        pieces = [
            {"company_id": row.company_id, "quote_id": row.id, "piece": piece}
            for row in part
            for piece in pieces_of(folded(row.title))
        ]
        if pieces:
            connection.execute(sa.insert(PIECES), pieces)


def pieces_of(key: str) -> set[str]:
    return {key[place : place + LONGEST] for place, letter in enumerate(key) if letter != " "}


def downgrade():
    on_server = op.get_bind().dialect.name == "postgresql"
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS quote_title_kept_on_{event}" + (" ON quote" if on_server else ""))
    op.drop_table("quote_piece")
    op.drop_column("quote", "title_key")
