"""Alembic's environment: uses the connection and transaction of an upgrade, else a new one."""

from alembic import context
from alembic.ddl.sqlite import SQLiteImpl

from sergio.database.engines import Utc
from sergio.database.postgresql import name_conditions_of_indexes
from sergio.extensions import db


class WithoutNeighbors(SQLiteImpl):
    """Rebuilds a table without reading all tables that it refers to, and those that they do."""

    __dialect__ = "sqlite"

    def requires_recreate_in_batch(self, batch_op):
        batch_op.reflect_kwargs["resolve_fks"] = False
        return super().requires_recreate_in_batch(batch_op)


def as_plain_column(kind, column, autogen_context):
    """Write our column type into migrations as the database's type, so that they do not depend on our code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(column, Utc) else False


def run(connection):
    context.configure(
        connection=connection, target_metadata=db.metadata, render_as_batch=True, render_item=as_plain_column
    )
    with context.begin_transaction():
        context.run_migrations()


upgrading = context.config.attributes.get("connection")
if upgrading is not None:
    run(upgrading)
else:
    name_conditions_of_indexes(db.metadata)  # for a new migration
    with db.engine.connect() as connection:
        run(connection)
