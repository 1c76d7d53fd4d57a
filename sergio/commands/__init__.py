"""The program's commands, one module each. What a command needs is imported when it runs, so that `--help` is quick."""

from contextlib import contextmanager

import click

from sergio.config import Config, Misconfigured


@click.group()
def main():
    """Sergio, a customer portal for field-service companies."""


def checked_config() -> Config:
    """The settings of an installation that may start, or one line that says why not."""
    with one_line_if_refused():
        config = Config.from_environment()
        config.check_storage()
        return config


@contextmanager
def one_line_if_refused():
    """End the program with the sentence of a `Misconfigured`."""
    try:
        yield
    except Misconfigured as problem:
        raise click.ClickException(str(problem)) from None


def app_with_its_tables():
    """The app, or one line that says why it cannot work with its database."""
    from sergio import create_app
    from sergio.database.upgrade import Outdated, require_up_to_date
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
