"""Events, to be asked for: what a reconciler reads when a webhook never came."""

from fnmatch import fnmatchcase

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from .answers import answer, answer_page
from .reading import read

bp = Blueprint("events", __name__)


@bp.get("/v1/events")
def index() -> Response:
    params = read(P.EventListParams)
    wanted = params.get("types") or [params.get("type", "*")]
    found = [event for event in g.world.all("event") if any(fnmatchcase(event["type"], each) for each in wanted)]
    return answer_page(found, params)


@bp.get("/v1/events/<event_id>")
def show(event_id: str) -> Response:
    return answer(g.world.find("event", event_id))
