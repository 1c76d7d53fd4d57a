"""How Alembic reaches our tables: over the app's own writing engine, all of a run in one transaction."""

from alembic import context

from sergio.extensions import db

with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        transaction_per_migration=False,
        user_module_prefix="sergio.lib.database.",
    )
    with context.begin_transaction():
        context.run_migrations()
