"""`sergio work`: the worker."""

import click

from sergio.commands import checked_config


@click.command()
def work():
    """Run the worker: emails, payments, recurring work."""
    from sergio import create_app

    app = create_app(checked_config())
    bell = app.extensions["bell"]
    consumer = bell.huey.create_consumer(workers=2, periodic=True, initial_delay=0.05, max_delay=0.5)
    bell.ring()
    consumer.run()
