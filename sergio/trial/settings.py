"""Settings -> Test customer: creating it, the steps of trying the portal, and deleting it again."""

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy.orm import selectinload

from sergio.auth.models import MagicLink
from sergio.auth.sessions import NONCE_COOKIE, set_cookie
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.trial.creation import create as create_test_customer
from sergio.trial.deletion import delete_test_customer
from sergio.trial.steps import steps_of
from sergio.web.pages import go, own_path, page

bp = Blueprint("test_customer", __name__, url_prefix="/test-customer")


@bp.get("")
def show():
    """The steps, and what can be done next."""
    test = db.session.scalar(found())
    return page("trial/settings/show.html", test=test, steps=steps_of(g.company, test))


@bp.post("")
def create():
    """Create it, and go on with `next` (a page of ours) or the steps."""
    create_test_customer(g.sign_in.staff, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("Your test customer is ready. We emailed the quote to %(email)s.", email=g.sign_in.staff.email), "success")
    return go(own_path(request.form.get("next")) or url_for(".show"))


@bp.post("/link")
def send_link():
    """Email the test customer a sign-in link, which this browser may open without pressing another button."""
    test = db.session.scalar(found()) or refuse_missing()
    nonce = request.cookies.get(NONCE_COOKIE) or tokens.token()
    link = MagicLink.request(g.company, "portal", test.contacts[0].email, nonce=nonce, next_path="", now=clock.now())
    if link is None:
        raise Refused(_("You've requested too many links. Try again in 15 minutes."))
    db.session.commit()
    flash(_("We emailed a sign-in link to %(email)s.", email=test.contacts[0].email), "success")
    response = go(url_for(".show"))
    set_cookie(response, NONCE_COOKIE, nonce)
    return response


@bp.post("/deletion")
def delete():
    """Delete it with everything that belongs to it."""
    test = db.session.scalar(found()) or refuse_missing()
    delete_test_customer(test, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("The test customer and everything that belonged to it are deleted."), "success")
    return go(url_for(".show"))


def found():
    return Customer.test_of(g.company).options(selectinload(Customer.contacts))


def refuse_missing() -> Customer:
    raise Refused(_("There is no test customer. Someone else may have just deleted it."))
