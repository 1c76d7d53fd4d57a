"""The commands: demo, serve, work, db upgrade, seed, token."""

import logging
from pathlib import Path

import click

from sergio.config import Config, Misconfigured


@click.group()
def main():
    """Sergio, a customer portal for field-service companies."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")


@main.command()
@click.option("--port", default=8000, help="Port of the web app; the sandboxes take the next free ones.")
@click.option("--instance", default="instance", type=click.Path(path_type=Path), help="Folder of the demo's data.")
@click.option("--reset", is_flag=True, help="Forget what was done in the demo and begin anew.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def demo(port: int, instance: Path, reset: bool, no_open: bool):
    """Run everything on this machine: web app, worker, a Stripe that remembers, a mailbox."""
    from sergio import demo as running

    running.run(port, instance, begin_anew=reset, browser=not no_open)


@main.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, help="Port to listen on.")
@click.option("--workers", default=1, help="Processes; one a core is right.")
@click.option("--certificate", type=click.Path(exists=True, path_type=Path), help="TLS certificate (PEM).")
@click.option("--key", type=click.Path(exists=True, path_type=Path), help="Its key (PKCS#8).")
def serve(host: str, port: int, workers: int, certificate: Path | None, key: Path | None):
    """Run the web app; with a certificate, over TLS 1.3 only."""
    from granian.constants import Interfaces
    from granian.server import Server

    server = Server(
        "sergio:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=4,
        ssl_cert=certificate,
        ssl_key=key,
        log_enabled=False,
        respawn_failed_workers=True,
    )
    checked_config()
    server.serve()


@main.command()
def work():
    """Run the worker: letters, payments' facts, recurring work."""
    from sergio import create_app

    app = create_app(checked_config())
    bell = app.extensions["bell"]
    consumer = bell.huey.create_consumer(workers=2, periodic=True, initial_delay=0.05, max_delay=0.5)
    bell.ring()
    consumer.run()


@main.group()
def db():
    """The database."""


@db.command()
def upgrade():
    """Bring the tables up to date; makes them where there are none."""
    from sergio import create_app
    from sergio.migrating import bring_up_to_date

    app = create_app(checked_config())
    with app.app_context():
        bring_up_to_date()


@main.command()
def seed():
    """Fill an empty database with the demo's world: Sparkle, Rival and Solo, with a year behind them."""
    from sergio import create_app, seeds

    app = create_app(checked_config())
    with app.app_context():
        seeds.plant()


@main.command()
@click.argument("subdomain")
@click.option("--name", default="api", help="What the token is for.")
def token(subdomain: str, name: str):
    """Make a token with which another program may read a company's data over /api/v1."""
    from sergio import create_app
    from sergio.auth.api_tokens import ApiToken
    from sergio.companies.models import Company
    from sergio.extensions import db as database

    app = create_app(checked_config())
    with app.app_context():
        company = database.session.scalar(Company.at(subdomain))
        if company is None:
            raise click.ClickException(f"There is no company at {subdomain}.")
        row, secret = ApiToken.make(company, name)
        database.session.add(row)
        database.session.commit()
    click.echo(secret)


def checked_config() -> Config:
    """The settings, or one line that says what is wrong with them."""
    try:
        return Config.from_environment()
    except Misconfigured as problem:
        raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    main()
