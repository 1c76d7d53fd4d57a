"""`sergio work`: the worker."""

import click

from sergio.commands import app_with_its_tables


@click.command()
def work():
    """Run the worker: emails, payments, recurring work."""
    app = app_with_its_tables()
    bell = app.extensions["bell"]
    consumer = bell.huey.create_consumer(workers=2, periodic=True, initial_delay=0.05, max_delay=0.5)
    bell.ring()
    consumer.run()
