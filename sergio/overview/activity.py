"""The activity log, for staff: its page, and a CSV file."""

from flask import Blueprint, g, request

from sergio.extensions import db
from sergio.lib import clock
from sergio.overview import activity_labels, activity_listing
from sergio.overview.activity_listing import Filter
from sergio.web import spreadsheets
from sergio.web.pages import page
from sergio.web.paging import Paging
from sergio.web.revalidation import revalidated

bp = Blueprint("activity", __name__)


@bp.get("/activity")
@revalidated
def index():
    """Who did what, newest first. The query string filters: `who`, `about`, `from` and `to`."""
    chosen = Filter.from_query(request.args)
    paging = Paging("/office/activity", request.args, {"all": ""}, **chosen.query)
    entries = activity_listing.page_of(g.company, chosen, paging)
    return page(
        "overview/office/activity.html",
        "activity",
        chosen=chosen,
        entries=entries,
        paging=paging,
        labels=activity_labels,
    )


@bp.get("/activity.csv")
def download():
    """All entries that match the filter, as a CSV file."""
    rows = activity_listing.table(g.company, Filter.from_query(request.args))
    db.session.close()  # sending the file may take minutes, with no transaction open
    return spreadsheets.download(f"activity-{g.company.day(clock.now())}", rows)
