"""Settings -> Emails: each kind of email to customers, its words, a preview with real values, and a test."""

import re
from base64 import b64encode
from itertools import groupby

from flask import Blueprint, Response, abort, flash, g, redirect, url_for
from flask_login import current_user
from sqlalchemy import select

from sergio import outbox
from sergio.companies import logos
from sergio.companies.current import company_to_change
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.outbox.forms import WordingForm
from sergio.outbox.kind import GROUPS, Kind
from sergio.outbox.kinds import KINDS
from sergio.outbox.mime import LOGO
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import EmailWording, our_words, own_words, words_for
from sergio.overview.email_samples import sample_of
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.responses import allow, allow_own_frames

bp = Blueprint("emails", __name__, url_prefix="/emails")
FRAME = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
CHANGED = select(EmailWording.kind).where(EmailWording.company_id == COMPANY)


@bp.get("")
def index():
    """The kinds of emails by what they are about; which of them say what the company wrote."""
    changed = set(db.session.scalars(CHANGED, {"company_id": g.company.id}))
    groups = [(GROUPS[name], list(kinds)) for name, kinds in groupby(KINDS.values(), key=lambda kind: kind.group)]
    return page("overview/settings/emails.html", groups=groups, changed=changed)


@bp.get("/<name>")
def edit(name):
    kind = kind_named(name)
    return show(kind, WordingForm(kind, words_for(g.company, kind)))


@bp.post("/<name>")
@returns_form
def update(name):
    kind, company = editable_kind(name), company_to_change()
    form = WordingForm(kind, words_for(company, kind))
    if not form.validate_on_submit():
        return show(kind, form, 422)
    EmailWording.change(company, kind, form.words, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Saved. New emails will use this text."), "success")
    return redirect(url_for(".edit", name=name), 303)


@bp.post("/<name>/reset")
def reset(name):
    """Say again what we wrote."""
    kind = editable_kind(name)
    EmailWording.change(company_to_change(), kind, our_words(kind), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The default text is restored."), "success")
    return go(url_for(".edit", name=name))


@bp.get("/<name>/preview")
def preview(name):
    """The HTML of the email, for a frame: nothing in it can run, load anything or be followed."""
    email = sample_of(kind_named(name), g.company, clock.now())
    response = Response(with_logo(email), headers={"Content-Security-Policy": FRAME, "Cache-Control": "no-store"})
    return allow_own_frames(response)


@bp.post("/<name>/test")
@limits.test_emails
def send_test(name):
    """Email it to the staff member who asks, with the values of the preview."""
    kind = kind_named(name)
    email = sample_of(kind, g.company, clock.now())
    outbox.send_test(email, current_user.email)
    db.session.commit()
    flash(_("We sent it to %(email)s.", email=current_user.email), "success")
    return go(url_for(".edit", name=name))


def kind_named(name: str) -> Kind:
    return KINDS.get(name) or abort(404)


def editable_kind(name: str) -> Kind:
    kind = kind_named(name)
    return kind if kind.editable else abort(404)


def show(kind: Kind, form: WordingForm, status: int = 200):
    own = own_words(g.company, kind) is not None
    email = sample_of(kind, g.company, clock.now())
    facts = {"kind": kind, "form": form, "own": own, "email": email}
    allow(frame_src="'self'")
    return page("overview/settings/email.html", "email", status=status, **facts)


def with_logo(email: OutgoingEmail) -> str:
    """The HTML with the logo in it, which is a part of its own in the email."""

    def picture(found: re.Match) -> str:
        content = logos.printed(g.company.id, found[1])
        return f"data:image/png;base64,{b64encode(content).decode()}" if content else ""

    return LOGO.sub(picture, email.html)
