"""The page that phones keep for when there is no network: how to reach the company, and the next appointment.

The service worker (`static/js/worker.js`) fetches it, and again whenever the first page or the sign-in page was opened.
Who is not signed in gets it without an appointment; signing out deletes it from the browser (`auth.sessions`).
"""

from flask import Blueprint, g

from sergio.customers.roles import SEE_WORK
from sergio.lib import clock
from sergio.overview.tasks import next_appointment
from sergio.web.pages import page

bp = Blueprint("offline", __name__, url_prefix="/offline")
NO_TOKEN = "offline"  # noqa: S105 - it is no token


@bp.get("")
def show():
    viewer, now = g.get("viewer"), clock.now()
    g.csrf_token = NO_TOKEN
    may_see = viewer is not None and viewer.contact is not None and viewer.document is None and viewer.may(SEE_WORK)
    coming = next_appointment(viewer.customer, viewer.company, now) if may_see else None
    return page("overview/portal/offline.html", appointment=coming, now=now)
