"""`sergio serve`: the web app."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from sergio.commands import app_with_its_tables, checked_config

AT_ONCE, AT_ONCE_ON_A_SERVER = 1, 3
"""Requests that a process runs at once: with SQLite one thread is always busy, PostgreSQL makes threads wait."""
QUICK, QUICK_ON_A_SERVER = 0.02, 0.1
"""Seconds after which a request is no longer one of them. Where PostgreSQL shares two processors with 64 customers who
book, a booking takes 30 ms.
"""
LATE = ("cryptography.hazmat.primitives.ciphers.aead", "phonenumbers")


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, help="Port to listen on.")
@click.option("--workers", default=1, help="Number of processes; one per core is best.")
@click.option("--certificate", type=click.Path(exists=True, path_type=Path), help="TLS certificate (PEM).")
@click.option("--key", type=click.Path(exists=True, path_type=Path), help="The certificate's private key (PKCS#8).")
@click.option("--unchecked", is_flag=True, hidden=True, help="Start even if the tables are still being created.")
def serve(host: str, port: int, workers: int, certificate: Path | None, key: Path | None, unchecked: bool):
    """Run the web app; with a certificate, over TLS 1.3 only."""
    config = checked_config()
    from sergio import create_app
    from sergio.jobs import wake
    from sergio.web import server

    wake.load_huey(config)
    load_for_pages()
    at_once, quick = (AT_ONCE_ON_A_SERVER, QUICK_ON_A_SERVER) if config.database_url else (AT_ONCE, QUICK)
    create = create_app if unchecked else app_with_its_tables
    if config.env == "production":  # a third of a second, in which the demo and tests can be up already
        create = partial(warmed_up, create)
    tls = {"certificate": certificate, "key": key}
    server.serve(create, host=host, port=port, workers=workers, at_once=at_once, quick=quick, **tls)


def warmed_up(create_app: Callable):
    """The app that `create_app` makes, with the statements of common pages compiled."""
    app = create_app()
    from sergio.warm_up import warm_up

    warm_up(app)
    return app


def load_for_pages():
    """Load what the first pages of each process would, so that all processes share its memory."""
    from sergio.lib import clock, language

    for name in LATE:
        import_module(name)
    language.short_day(clock.now().date())  # Babel's data
