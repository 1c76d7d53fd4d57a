"""Settings -> Website widget and Settings -> Ways in: code, links, texts and a poster that lead to the portal."""

from flask import Blueprint, g, request

from sergio.auth.models import COUNTED, SignIn
from sergio.auth.ways import LINK, WAYS, marked
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.pages import page
from sergio.web.responses import pdf
from sergio.widget import snippets
from sergio.widget.forms import LookForm
from sergio.widget.labels import WAY_LABELS
from sergio.widget.models import WidgetHost
from sergio.widget.pdf import poster
from sergio.widget.script import Script

bp = Blueprint("widget", __name__, url_prefix="/widget")
ways_in = Blueprint("ways_in", __name__, url_prefix="/ways-in")


@bp.get("")
def edit():
    """Choose the look of the button, see it, and copy its code."""
    form = LookForm(request.args, meta={"csrf": False})
    form.validate()
    attributes = form.attributes
    return page(
        "widget/settings/edit.html",
        "result",
        form=form,
        element=snippets.element(g.company, attributes),
        script_tag=snippets.script_tag(g.company, follows_colors=bool(form.follows.data)),
        plain_link=snippets.plain_link(g.company),
        script_path=Script.of(g.company).path,
        hosts=db.session.execute(WidgetHost.lately(g.company, clock.now())).all(),
    )


@ways_in.get("")
def show():
    """Links, texts and a QR code to hand out, and how many sign-ins came by each."""
    since = {"company_id": g.company.id, "since": clock.now() - COUNTED}
    counts = dict(map(tuple, db.session.execute(SIGN_INS, since)))
    return page(
        "widget/settings/ways_in.html",
        url=g.company.url(marked("/portal/", LINK)),
        text=snippets.text_message(g.company),
        signature=snippets.signature(g.company),
        counts=[(WAY_LABELS[way], counts.get(way, 0)) for way in WAYS],
    )


@ways_in.get("/poster.pdf")
def download_poster():
    """A sheet to hang up or to leave with customers, with the QR code."""
    return pdf(poster(g.company, at=clock.now()), "poster")


SIGN_INS = SignIn.counts()
