"""`sergio seed`: the demo's world."""

import click

from sergio.commands import checked_config


@click.command()
def seed():
    """Fill an empty database with demo data: Sparkle, Rival, and Solo, with a year of history."""
    from sergio import create_app, seeds

    app = create_app(checked_config())
    with app.app_context():
        if not seeds.nothing_there():
            raise click.ClickException("This database already has companies. The demo data needs an empty one.")
        seeds.plant()
