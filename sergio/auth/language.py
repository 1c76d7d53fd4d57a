"""Choosing the language of the portal, in this browser and, for a signed-in contact, everywhere."""

from flask import Blueprint, Response, abort, g, request, url_for
from flask_login import current_user

from sergio.auth.actors import current_actor
from sergio.auth.sessions import renew_cookie, set_cookie
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import LANGUAGES
from sergio.web.pages import go, own_path
from sergio.web.reader import COOKIE

bp = Blueprint("language", __name__, url_prefix="/language")
bp.after_request(renew_cookie)


@bp.post("")
def choose() -> Response:
    """Anybody may choose, on every plan and in every role. 400 for an unknown language, 404 on the site itself."""
    if g.company is None:
        abort(404)
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    if current_user.is_authenticated:
        current_user.choose_language(chosen, by=current_actor(), at=clock.now())
        db.session.commit()
    response = go(own_path(request.form.get("next")) or url_for("portal.home.index"))
    set_cookie(response, COOKIE, chosen)
    return response
