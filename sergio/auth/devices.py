"""The browsers a person is signed in on, and signing them out; in the portal and in the office."""

from babel.dates import format_timedelta
from flask import Blueprint, abort, g, request, url_for

from sergio.auth.actors import current_actor
from sergio.auth.browsers import browser_label, is_handheld
from sergio.auth.models import TOUCH_EVERY, SignIn
from sergio.auth.sessions import door, end_session
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import locale_of, spoken
from sergio.web.pages import go, page

bp = Blueprint("devices", __name__, url_prefix="/account/devices")


@bp.get("")
def index():
    now = clock.now()
    devices = [sample_device(now)] if g.preview else [device(row, now) for row in g.sign_in.of_this_person(now)]
    return page("auth/devices.html", audience=door(), devices=devices)


@bp.post("/<mark>/end")
def end(mark):
    own_sign_in(mark).end(by=current_actor(), now=clock.now())
    db.session.commit()
    return go(url_for(".index"))


@bp.post("/end")
def end_all():
    """Sign out every browser, this one included."""
    for row in g.sign_in.of_this_person(clock.now()):
        row.end(by=current_actor(), now=clock.now())
    db.session.commit()
    return end_session(_("You are signed out everywhere."))


def own_sign_in(mark) -> SignIn:
    """The person's own sign-in with that mark; any other does not exist."""
    rows = g.sign_in.of_this_person(clock.now())
    return next((row for row in rows if row.mark == mark), None) or abort(404)


def device(row: SignIn, now) -> dict:
    """A sign-in as the page shows it."""
    return {
        "mark": row.mark,
        "name": browser_label(row.browser),
        "handheld": is_handheld(row.browser),
        "ip_address": row.ip_address,
        "here": row.id == g.sign_in.id,
        "seen": _("In the last hour") if now - row.seen_at < 2 * TOUCH_EVERY else ago(row.seen_at - now),
        "since": row.created_at,
    }


def sample_device(now) -> dict:
    """What a preview shows: this browser, as it would be listed."""
    browser = request.user_agent.string
    facts = {"name": browser_label(browser), "handheld": is_handheld(browser), "ip_address": request.remote_addr or ""}
    return {"mark": "", "here": True, "seen": _("In the last hour"), "since": now, **facts}


def ago(passed) -> str:
    """ "3 days ago", for a negative time span."""
    return format_timedelta(passed, add_direction=True, locale=locale_of(spoken.get()))
