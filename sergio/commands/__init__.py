"""The program's commands, one module each. A command imports what it needs when it runs, so that `--help` is quick."""

from contextlib import contextmanager

import click

from sergio.config import Config, Misconfigured


@click.group()
def main():
    """Sergio, a customer portal for field-service companies."""


def checked_config() -> Config:
    """The checked settings; ends the program with one line if something is wrong."""
    with one_line_if_refused():
        config = Config.from_environment()
        config.check_storage()
        return config


@contextmanager
def one_line_if_refused():
    """End the program with the message of a `Misconfigured`."""
    try:
        yield
    except Misconfigured as problem:
        raise click.ClickException(str(problem)) from None


def app_with_its_tables():
    """The app; ends the program with one line if its database is not up to date."""
    from sergio import create_app
    from sergio.database.revision import Outdated, require_up_to_date
    from sergio.extensions import db

    app = create_app(checked_config())
    with app.app_context():
        try:
            require_up_to_date(db.engines["reading"])
        except Outdated as problem:
            raise click.ClickException(str(problem)) from None
        finally:
            for engine in db.engines.values():
                engine.dispose()
    return app
