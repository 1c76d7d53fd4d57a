"""The list of events, for programs that missed a webhook (docs.stripe.com/api/events/list)."""

from fnmatch import fnmatchcase

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond

bp = Blueprint("events", __name__)
KEPT_SECONDS = 30 * 86_400
MOST_TYPES = 20


@bp.get("/v1/events")
def index() -> Response:
    params = read(P.EventListParams)
    wanted = types(params)
    oldest = g.store.now() - KEPT_SECONDS
    kept = [event for event in g.store.all("event") if event["created"] >= oldest]
    return list_response([event for event in kept if any(fnmatchcase(event["type"], each) for each in wanted)], params)


@bp.get("/v1/events/<event_id>")
def show(event_id: str) -> Response:
    return respond(g.store.find("event", event_id))


def types(params: dict) -> list[str]:
    """The requested types: `type` (one, or a group with a star) or `types` (up to 20)."""
    if "types" in params and ("type" in params or len(params["types"]) > MOST_TYPES):
        raise invalid("Pass either one type or up to 20 types, not both.", "types", "parameter_invalid_array")
    return params.get("types") or [params.get("type", "*")]
