"""The checklist's own page, and taking it off the dashboard and back."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview import checklist
from sergio.web.pages import page

bp = Blueprint("checklist", __name__, url_prefix="/checklist")


@bp.get("")
def show():
    return page("overview/office/checklist.html", lines=checklist.lines(g.company))


@bp.post("/hide")
def hide():
    checklist.hide(company_to_change(), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The checklist is hidden. You can bring it back in Settings."), "success")
    return redirect(url_for("office.dashboard.index"), 303)


@bp.post("/bring-back")
def bring_back():
    checklist.bring_back(company_to_change(), by=g.actor, at=clock.now())
    db.session.commit()
    return redirect(url_for("office.dashboard.index"), 303)
