"""What every door makes of a no: a sentence on the page the person came from, never a trace."""

from flask import Blueprint, flash, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.lib.errors import Refused
from sergio.lib.htmx import go, page_asked_from


def turn_refusals_into_answers(door: Blueprint, *, home: str):
    """Under this door a `Refused` undoes what was begun and is told where the person was, else at `home`."""

    @door.errorhandler(Refused)
    def refused(refusal):
        db.session.rollback()
        flash(str(refusal), "warning")
        return go(page_asked_from(url_for(home)))

    @door.errorhandler(IntegrityError)
    def lost_a_race(error):
        if "unique" not in str(error.orig).lower():
            raise error
        db.session.rollback()  # before the words, which are those of the company's language
        return refused(_("That has just been done. This is how it stands now."))
