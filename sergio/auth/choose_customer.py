"""Choosing a customer, for an email address that belongs to contacts of several; also later, to switch."""

from flask import Blueprint, abort, g, request
from flask_login import current_user
from sqlalchemy.orm import joinedload

from sergio.auth.actors import current_actor
from sergio.auth.sessions import ask_to_sign_in, home, path_behind_door
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.pages import go, page

bp = Blueprint("customer", __name__, url_prefix="/sign-in/customer")


@bp.before_request
def require_sign_in():
    """Needs a sign-in, but no chosen customer yet."""
    if not (current_user.is_authenticated or g.sign_in):
        return ask_to_sign_in()


@bp.get("")
def index():
    """The customers of this email address, by name only."""
    contacts = db.session.scalars(own_contacts()).all()
    return page("auth/customer.html", contacts=contacts, next_path=path_behind_door(request.args.get("next")))


@bp.post("")
def choose():
    chosen = request.form.get("customer")
    contacts = db.session.scalars(own_contacts())
    contact = next((row for row in contacts if str(row.customer.number) == chosen), None) or abort(404)
    g.sign_in.choose(contact, by=current_actor(), now=clock.now())
    db.session.commit()
    return go(path_behind_door(request.form.get("next")) or home())


def own_contacts():
    """The contacts with the signed-in email address, as a select."""
    mine = Contact.company_id == g.company.id
    return Contact.with_email(g.sign_in.email).where(mine).options(joinedload(Contact.customer))
