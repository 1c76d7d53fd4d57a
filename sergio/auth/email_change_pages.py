"""Changing one's email address: asking for it in the account, and the page where the link to the new one leads."""

from flask import Blueprint, Response, flash, g, request, url_for

from sergio.audit.actor import CONTACT, Actor
from sergio.auth.actors import origin
from sergio.auth.email_changes import EmailChange
from sergio.auth.forms import NewEmailForm
from sergio.auth.sign_in import private
from sergio.auth.viewer import viewer
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form, add_error
from sergio.web.pages import go, page

bp = Blueprint("email_change", __name__, url_prefix="/account/email")
confirmation = Blueprint("new_email", __name__, url_prefix="/new-email")


@bp.get("")
def edit():
    return email_page(NewEmailForm(formdata=None))


@bp.post("")
@limits.link_requests
@returns_form
def update():
    """Email a link to the new address. The response is the same whoever has it."""
    form = NewEmailForm()
    if not form.validate_on_submit():
        return email_page(form, 422)
    email = str(form.email.data)
    limits.count_mailbox("new email addresses", "3 per day", email)
    try:
        EmailChange.ask(g.sign_in, email, by=viewer.by, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        add_error(form.email, str(refusal))
        return email_page(form, 422)
    db.session.commit()
    flash(_("We emailed a link to %(email)s. Open it to use that address.", email=email), "success")
    return go(url_for(".edit"))


@bp.post("/withdrawal")
def withdraw():
    """No longer ask for the new address: the link to it stops working."""
    if viewer.contact:
        EmailChange.end_waiting(viewer.contact, at=clock.now())
        db.session.commit()
        flash(_("Your email address stays as it is."), "success")
    return go(url_for(".edit"))


@confirmation.get("/<token>")
def show(token):
    """Mail scanners open links, so this page changes nothing until its button is pressed."""
    change = working(token)
    return confirm_page(change) if change else over()


@confirmation.post("/<token>")
@limits.links
@returns_form
def confirm(token):
    change = working(token)
    if change is None:
        return over()
    if not Form().validate() or request.form.get("use") != "yes":
        return confirm_page(change)
    contact = change.contact
    try:
        change.confirm(g.get("sign_in"), by=Actor(CONTACT, contact.name, contact.id, **origin()), at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        return over(str(refusal))
    db.session.commit()
    return private(page("auth/portal/new_email_done.html", email=contact.email))


def working(token: str) -> EmailChange | None:
    change = db.session.scalar(EmailChange.with_token(g.company, token))
    return change if change and change.works(clock.now()) else None


def confirm_page(change: EmailChange) -> Response:
    return private(page("auth/portal/new_email.html", change=change, contact=change.contact))


def over(why: str = "") -> Response:
    """The same page for a link that was used, replaced, has expired or never was one; `why` says more."""
    return private(page("auth/portal/new_email_over.html", status=404, why=why))


def email_page(form: NewEmailForm, status: int = 200) -> Response:
    contact = viewer.shown
    waiting = db.session.scalar(EmailChange.waiting_of(contact)) if viewer.contact else None
    if waiting and not waiting.works(clock.now()):
        waiting = None
    return page("auth/portal/email.html", "email", status=status, form=form, contact=contact, waiting=waiting)
