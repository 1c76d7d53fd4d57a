"""/d/<token>, where the links in emails lead: one button opens the document in this browser.

Mail scanners open links, and some send every form they find. The page therefore changes nothing until the button is
pressed that only people see: a form that is sent without it, or by the hidden one before it, shows the page again.
"""

from flask import Blueprint, Response, abort, flash, g, request, url_for
from flask_login import current_user

from sergio import jobs
from sergio.audit.actor import CONTACT, Actor
from sergio.auth.actors import origin
from sergio.auth.document_links import DocumentLink, sign_in_instead
from sergio.auth.document_session import remember, tokens_of_browser
from sergio.auth.labels import DOCUMENT_LABELS
from sergio.auth.models import MagicLink
from sergio.auth.requester import speak_to
from sergio.auth.sessions import NONCE_COOKIE, renew_cookie, set_cookie
from sergio.auth.sign_in import browser_nonce, known_browser, private
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.email_addresses import masked
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form
from sergio.web.pages import go, page

bp = Blueprint("document", __name__, url_prefix="/d")
bp.after_request(renew_cookie)


@bp.before_request
def require_portal() -> Response | None:
    """As the portal's door: a company whose plan has a portal."""
    if g.company is None:
        abort(404)
    return None if g.company.has_portal else page("layouts/unavailable.html")


@bp.get("/<token>")
def show(token):
    """The button; in a browser where it was pressed, or whose person is signed in, the document itself."""
    link = working_link(token)
    if link is None:
        return over(token)
    signed_in = current_user.is_authenticated and current_user.customer_id == link.customer_id
    if signed_in or token in tokens_of_browser():
        return private(go(link.path))
    return button_page(link)


@bp.post("/<token>")
@returns_form
def open_document(token):
    """Open the document in the browser whose person pressed the button."""
    link = working_link(token)
    if link is None:
        return over(token)
    if not Form().validate() or request.form.get("open") != "yes":
        return button_page(link)
    link.open(by=Actor(CONTACT, link.contact.name, link.contact.id, **origin()), at=clock.now())
    db.session.commit()
    response = private(go(link.path))
    remember(response, token)
    return response


@bp.post("/<token>/email")
@limits.link_requests
@returns_form
def send_fresh(token):
    """Email the contact a new link to the same document or, where theirs was revoked, a sign-in link. The response and
    the work are the same for every token.
    """
    if not Form().validate():
        return over(token)
    link = db.session.scalar(DocumentLink.with_token(g.company, token))
    now, nonce = clock.now(), browser_nonce()
    email, next_path = sign_in_instead(link)
    facts = {"nonce": nonce, "next_path": next_path, "browser": known_browser(email, now)}
    MagicLink.request(g.company, "portal", email, now=now, **facts)
    jobs.enqueue("auth.renew_document_link", company=g.company, document_link_id=link.id if link else 0)
    db.session.commit()
    flash(_("If this was a link of ours, an email with a new one is on its way to the same person."), "success")
    response = private(go(url_for(".show", token=token)))
    set_cookie(response, NONCE_COOKIE, nonce)
    return response


def working_link(token: str) -> DocumentLink | None:
    link = db.session.scalar(DocumentLink.with_token(g.company, token))
    return link if link and link.works(clock.now()) else None


def button_page(link: DocumentLink) -> Response:
    speak_to(link.contact)
    return private(page("auth/document.html", kind=DOCUMENT_LABELS[link.kind], email=masked(link.email)))


def over(token: str) -> Response:
    """The same page for a link that ended, was revoked or never was one."""
    return private(page("auth/document_over.html", status=404, token=token))
