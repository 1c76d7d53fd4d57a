"""Whose portal it is, where one mailbox stands for several customers: chosen after signing in, and changed later."""

from flask import Blueprint, abort, g, request
from flask_login import current_user
from sqlalchemy.orm import joinedload

from sergio.auth.actors import current_actor
from sergio.auth.sessions import ask_to_sign_in, home, place_behind
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.pages import go, page

bp = Blueprint("customer", __name__, url_prefix="/sign-in/customer")


@bp.before_request
def require_sign_in():
    """A mailbox was proven; which of its customers is meant may still be open."""
    if not (current_user.is_authenticated or g.sign_in):
        return ask_to_sign_in()


@bp.get("")
def index():
    """The customers of this mailbox, by name and nothing else."""
    contacts = db.session.scalars(own_contacts()).all()
    return page("auth/customer.html", contacts=contacts, going=place_behind(request.args.get("next")))


@bp.post("")
def choose():
    """Go on for one of them."""
    chosen = request.form.get("customer")
    contacts = db.session.scalars(own_contacts())
    contact = next((row for row in contacts if str(row.customer.number) == chosen), None) or abort(404)
    g.sign_in.choose(contact, by=current_actor(), now=clock.now())
    db.session.commit()
    return go(place_behind(request.form.get("next")) or home())


def own_contacts():
    """Whom the signed-in mailbox stands for here."""
    return Contact.with_email(g.sign_in.email).options(joinedload(Contact.customer))
