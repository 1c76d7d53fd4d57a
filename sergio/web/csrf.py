"""CSRF tokens: what happens to a form of one of our own pages whose token is missing or no longer this session's.

Such a request changes nothing, and its database session cannot write. A view marked `@returns_form` still runs, with
every form invalid: it responds with the form as filled in and a new token. Any other view does not run: the browser is
redirected to the page it came from.
"""

from flask import Flask, Response, current_app, flash, g, request
from flask_wtf.csrf import CSRFError, generate_csrf

from sergio.extensions import csrf
from sergio.lib.language import gettext as _
from sergio.web.origin import SAFE
from sergio.web.pages import go, page_asked_from
from sergio.web.request import forbid_writing


def init_app(app: Flask):
    """Check the token of every unsafe request, once the origin is proven. `csrf_response` acts on the outcome."""
    csrf.init_app(app)
    app.add_template_global(token, "csrf_token")
    app.before_request(check_token)


def token() -> str:
    """The token for the forms of this response. Flask-WTF keeps it in `g`, but looks for its settings each time."""
    return g.get("csrf_token") or generate_csrf()


def returns_form(view):
    """Mark a view that responds to an invalid form with that form, filled in (422), and does nothing else."""
    view.returns_form = True
    return view


def check_token():
    """Note a token that is not this session's. `csrf_valid` stays unset, so that every form fails its own check."""
    g.csrf_failed = False
    if request.method in SAFE:
        return
    try:
        csrf.protect(apply_exemptions=True)
    except CSRFError:
        g.csrf_failed = True
        forbid_writing()


def csrf_response() -> Response | None:
    """What is sent instead of the view, after all doors' checks; None where the view may run."""
    if not g.get("csrf_failed"):
        return None
    if getattr(current_app.view_functions[request.endpoint or ""], "returns_form", False):
        flash(
            _("This page was open for too long, so nothing has been sent yet. Check it and send it again."), "warning"
        )
        return None
    flash(_("This page was open for too long, so nothing was changed. Try again."), "warning")
    return go(page_asked_from("/"))
