"""Ending emails of a kind from an email, without signing in. Opening the link changes nothing."""

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from sqlalchemy import select

from sergio.audit.actor import CONTACT, Actor
from sergio.customers.emails import STOP_PATH, read_unsubscribe_token
from sergio.customers.models import Contact
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.extensions import csrf, db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import OPTIONAL
from sergio.web.pages import page

bp = Blueprint("unwanted_emails", __name__, url_prefix=STOP_PATH.rstrip("/"))


@bp.get("/<token>")
def show(token):
    """One button: to end them or, where they have ended, to get them again."""
    contact, kind = contact_and_kind(token)
    unwanted = kind.name in UnwantedEmail.kinds_of(contact)
    return page("customers/public/unwanted_emails.html", token=token, kind=kind, unwanted=unwanted)


@bp.post("/<token>")
@csrf.exempt
def stop(token):
    """End them: by the button that people see, or by a mail program, without a session (RFC 8058). Scanners that send
    the form without that button change nothing.
    """
    if request.form.get("List-Unsubscribe") != "One-Click" and request.form.get("stop") != "yes":
        return redirect(url_for(".show", token=token), 303)
    choose(token, lambda unwanted, kind: unwanted | {kind})
    flash(_("Done. We won't send you such emails anymore."), "success")
    return redirect(url_for(".show", token=token), 303)


@bp.post("/<token>/again")
def resume(token):
    choose(token, lambda unwanted, kind: unwanted - {kind})
    flash(_("You'll get these emails again."), "success")
    return redirect(url_for(".show", token=token), 303)


def choose(token: str, change):
    """Change the set of kinds that the contact does not want."""
    contact, kind = contact_and_kind(token, locked=True)
    by = Actor(CONTACT, contact.name, contact.id)
    UnwantedEmail.choose(contact, change(UnwantedEmail.kinds_of(contact), kind.name), by=by, at=clock.now())
    db.session.commit()


def contact_and_kind(token: str, *, locked: bool = False) -> tuple[Contact, Kind]:
    """Whose emails of which kind a link of ours is about; 404 for any other link."""
    found = read_unsubscribe_token(token)
    if g.company is None or found is None or found[0] != g.company.id or found[2] not in OPTIONAL:
        abort(404)
    mine = select(Contact).where(Contact.company_id == g.company.id, Contact.id == found[1])
    return db.one_or_404(mine.with_for_update() if locked else mine), OPTIONAL[found[2]]
