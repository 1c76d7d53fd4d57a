"""`sergio work`: the worker."""

import logging
import os

import click

from sergio.commands import app_with_its_tables

GRACE = 8
"""Seconds that running jobs get to finish after SIGTERM."""


@click.command()
def work():
    """Run the worker: emails, payments, recurring work."""
    app = app_with_its_tables()
    waker = app.extensions["waker"]
    consumer = waker.huey.create_consumer(workers=1, periodic=True, initial_delay=0.05, max_delay=0.5)
    waker.lanes.start()
    consumer.run()
    waker.lanes.stop(GRACE)
    logging.shutdown()
    os._exit(0)  # a call that hangs (Stripe, DNS) would keep the interpreter from exiting
