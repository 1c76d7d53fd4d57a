"""`sergio key`: the key of the embedded database."""

import click

from sergio.commands import one_line_if_refused
from sergio.config import Config


@click.group()
def key():
    """The key that encrypts the database."""


@key.command()
def create():
    """Make the database key in the file SERGIO_KEY_FILE, once; a key that exists is never replaced."""
    with one_line_if_refused():
        config = Config.read()
        if config.production and not config.key_file:
            raise click.ClickException("Set SERGIO_KEY_FILE to the file the key shall be in, on a disk that stays.")
        if config.key_path.exists():
            raise click.ClickException(f"{config.key_path} exists and stays as it is.")
        config.make_key()
    click.echo(f"{config.key_path} is made. Keep a copy in another place: without it nobody can read the data.")
