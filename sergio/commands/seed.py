"""`sergio seed`: the demo data."""

import click

from sergio.commands import checked_config


@click.command()
def seed():
    """Fill an empty database with demo data: Sparkle, Rival, and Solo, with a year of history."""
    from sergio import create_app, seeds

    app = create_app(checked_config())
    with app.app_context():
        if not seeds.is_empty():
            raise click.ClickException("This database already has companies. The demo data needs an empty one.")
        seeds.add_demo_data()
