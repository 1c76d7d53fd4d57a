"""The activity log, as staff see it: a page of it, and all of it as a file."""

from flask import Blueprint, g, request

from sergio.extensions import db
from sergio.lib import clock
from sergio.overview import activity_labels, activity_listing
from sergio.overview.activity_listing import Filter
from sergio.web import spreadsheets
from sergio.web.pages import page
from sergio.web.paging import Paging

bp = Blueprint("activity", __name__)


@bp.get("/activity")
def index():
    """Who did what, newest first. The query string filters: `who`, `about`, `from` and `to`."""
    asked = Filter.from_query(request.args)
    paging = Paging("/office/activity", request.args, {"all": ""}, **asked.query)
    entries = activity_listing.page_of(g.company, asked, paging)
    return page(
        "overview/office/activity.html", "activity", asked=asked, entries=entries, paging=paging, labels=activity_labels
    )


@bp.get("/activity.csv")
def download():
    """Everything the filter finds, as a CSV file."""
    rows = activity_listing.table(g.company, Filter.from_query(request.args))
    db.session.close()  # the file may be on its way for minutes, and no transaction is open meanwhile
    return spreadsheets.download(f"activity-{g.company.day(clock.now())}", rows)
