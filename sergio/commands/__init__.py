"""The program's commands, one module each. What a command needs is imported when it runs, so that `--help` is quick."""

import logging

import click

from sergio.config import Config, Misconfigured


@click.group()
def main():
    """Sergio, a customer portal for field-service companies."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def checked_config() -> Config:
    """The settings, or one line that says what is wrong with them."""
    try:
        return Config.from_environment()
    except Misconfigured as problem:
        raise click.ClickException(str(problem)) from None
