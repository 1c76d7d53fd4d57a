"""`sergio db`: database migrations."""

import click

from sergio.commands import checked_config


@click.group()
def db():
    """The database."""


@db.command()
def upgrade():
    """Bring the tables up to date, or create them if there are none."""
    from sergio import create_app
    from sergio.database.upgrade import BrokenReferences, bring_up_to_date
    from sergio.extensions import db as database

    app = create_app(checked_config())
    with app.app_context():
        try:
            bring_up_to_date(database.engine)
        except BrokenReferences as problem:
            raise click.ClickException(str(problem)) from None
