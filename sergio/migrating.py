"""Bringing the tables up to date, and the database into the mode it runs in."""

from pathlib import Path

from flask import current_app
from flask_migrate import Migrate, upgrade

from sergio.extensions import db
from sergio.lib.database import write_ahead

FOLDER = str(Path(__file__).parent / "migrations")


def bring_up_to_date():
    """Run what is missing of the migrations; needs an app context."""
    write_ahead(db.engine)
    Migrate(current_app, db, FOLDER)
    upgrade()
