"""Where the link of an invitation leads: a page that emails its contact a sign-in link when a button is pressed."""

from flask import Blueprint, Response, flash, g, request, url_for
from flask_login import current_user

from sergio.auth.forms import InvitedForm
from sergio.auth.invitations import PortalInvitation
from sergio.auth.requester import speak_to
from sergio.auth.sessions import NONCE_COOKIE, home, path_behind_door, set_cookie, sign_in_page
from sergio.auth.sign_in import browser_nonce, known_browser, private, too_many_emails
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("invitation", __name__, url_prefix="/invitation")


@bp.get("/<token>")
def show(token):
    """Mail scanners open links, so this page sends nothing and uses up nothing."""
    invitation = invitation_with(token)
    next_path = path_behind_door(request.args.get("next"))
    if invitation is None:
        return over(next_path)
    if current_user.is_authenticated and current_user.email_key == invitation.email:
        return private(go(next_path or home()))
    return invitation_page(invitation, InvitedForm(formdata=None, next=next_path))


@bp.post("/<token>")
@limits.link_requests
@returns_form
def request_link(token):
    """Email the contact a sign-in link, which the browser that pressed the button may open without another one."""
    invitation = invitation_with(token)
    form = InvitedForm()
    next_path = path_behind_door(form.next.data)
    if invitation is None:
        return over(next_path)
    if not form.validate_on_submit():
        return invitation_page(invitation, form, 422)
    now, nonce, email = clock.now(), browser_nonce(), invitation.contact.email
    facts = {"nonce": nonce, "next_path": next_path, "browser": known_browser(email, now)}
    try:
        link = invitation.request_link(**facts, now=now)
    except Refused:
        db.session.rollback()
        return over(next_path)
    if link is None:
        return private(too_many_emails(email))
    db.session.commit()
    response = private(go(url_for("portal.auth.sent")))
    set_cookie(response, NONCE_COOKIE, nonce)
    return response


def invitation_with(token: str) -> PortalInvitation | None:
    """The invitation with that token, if it still works."""
    found = db.session.scalar(PortalInvitation.with_token(g.company, token))
    return found if found and found.works(clock.now()) else None


def invitation_page(invitation: PortalInvitation, form: InvitedForm, status: int = 200) -> Response:
    speak_to(invitation.contact)
    return private(page("auth/portal/invitation.html", status=status, form=form, contact=invitation.contact))


def over(next_path: str) -> Response:
    """Lead on from a link that has expired, was revoked or replaced, or never was one: the same for all of them, and
    without the address.
    """
    if current_user.is_authenticated:
        return private(go(next_path or home()))
    flash(_("That invitation no longer works. Enter your email address, and we'll send you a sign-in link."), "info")
    return private(go(sign_in_page(next_path)))
