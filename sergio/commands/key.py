"""`sergio key`: the key of the embedded database."""

import click

from sergio.commands import one_line_if_refused
from sergio.config import Config


@click.group()
def key():
    """The key that encrypts the database."""


@key.command()
def create():
    """Create the database key in the file SERGIO_KEY_FILE. An existing key is never replaced."""
    with one_line_if_refused():
        config = Config.read()
        if config.production and not config.key_file:
            raise click.ClickException("Set SERGIO_KEY_FILE to the path for the key file, on persistent storage.")
        if config.key_path.exists():
            raise click.ClickException(f"{config.key_path} already exists and was not changed.")
        config.make_key()
    click.echo(f"Created {config.key_path}. Keep a copy somewhere else. Without it, no one can read the data.")
