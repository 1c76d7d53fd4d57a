"""What the map of the settings draws, as JSON: borders, shapes, the travel radius, and tiles where there are any."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from sergio.companies.models import Company
from sergio.lib.geo import UNIT
from sergio.service_area.coverage import Verdict
from sergio.service_area.models import ServiceArea
from sergio.web import responses
from sergio.web.assets import FOLDER, asset

STATES, WORLD = "outlines/us.json", "outlines/world.json"


def drawn(area: ServiceArea, company: Company, *, without: int | None = None, verdict: Verdict | None = None) -> dict:
    """The map of an area, without the shape of that number, which is being edited."""
    rules = area.area_of(company)
    shapes = [shown(shape) for shape in area.shapes if shape["number"] != without]
    place = verdict.place if verdict else None
    return {
        "outlines": [asset(name) for name in outlines(company)],
        "home": rules.home,
        "radius": area.radius,
        "shapes": shapes,
        "asked": place and {"at": place.point, "status": verdict.status if verdict else ""},
        "tiles": tiles(),
        "credit": credit(),
    }


def shown(shape: dict) -> dict[str, Any]:
    if "center" in shape:
        return {"name": shape["name"], "center": degrees(shape["center"]), "radius": shape["radius"]}
    return {"name": shape["name"], "rings": [[degrees(corner) for corner in ring] for ring in shape["rings"]]}


def degrees(corner: list[int]) -> list[float]:
    return [corner[0] / UNIT, corner[1] / UNIT]


def outlines(company: Company) -> list[str]:
    """The files with borders: of the states, and the counties of the company's own; of all countries outside the US."""
    if company.country != "US":
        return [WORLD]
    counties = f"outlines/us-{company.region.lower()}.json"
    known = company.region.isalpha() and (FOLDER / counties).is_file()
    return [STATES, counties] if known else [STATES]


def tiles() -> str:
    """The URL of tiles, where the installation has any; this response then allows their host."""
    url = current_app.config["SERGIO"].tile_url
    if url:
        host = urlsplit(url).netloc.replace("{s}", "*")
        responses.allow(img_src=f"https://{host}")
    return url


def credit() -> str:
    """Who made the tiles, to be named on the map; those of OpenStreetMap ask for these words."""
    host = urlsplit(current_app.config["SERGIO"].tile_url).hostname or ""
    return "© OpenStreetMap contributors" if host.endswith("openstreetmap.org") else host
