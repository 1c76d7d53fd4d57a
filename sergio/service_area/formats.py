"""Distances and sizes in the company's unit, and verdicts as sentences."""

from babel.numbers import format_decimal

from sergio.lib.geo import METERS
from sergio.lib.language import gettext as _
from sergio.lib.language import locale_of, spoken
from sergio.service_area import coverage
from sergio.service_area.coverage import Area, Verdict
from sergio.service_area.models import ServiceArea

FEW = 10


def distance(meters: int, unit: str) -> str:
    """ "12 miles" or "3.5 km"."""
    amount = number(meters / METERS[unit])
    return _("%(amount)s miles", amount=amount) if unit == "mi" else _("%(amount)s km", amount=amount)


def size(square_meters: int, unit: str) -> str:
    """ "about 120 square miles"."""
    amount = number(square_meters / METERS[unit] ** 2)
    return (
        _("about %(amount)s square miles", amount=amount) if unit == "mi" else _("about %(amount)s km²", amount=amount)
    )


def number(amount: float) -> str:
    """Whole from ten on, else with one decimal."""
    return format_decimal(round(amount, 0 if amount >= FEW else 1), locale=locale_of(spoken.get()))


def why(verdict: Verdict, area: Area | ServiceArea) -> str:
    """Why an address is in, out, or unknown, for staff."""
    match verdict.reason:
        case coverage.EVERYWHERE:
            return _("You haven't limited your service area, so every address is in.")
        case coverage.POSTAL_CODE:
            return _("Its postal code is in your list, by the entry %(entry)s.", entry=verdict.detail)
        case coverage.CITY:
            return _("%(city)s is one of your cities.", city=verdict.detail)
        case coverage.SHAPE:
            return _("It lies in your shape “%(name)s”.", name=verdict.detail)
        case coverage.RADIUS:
            away = distance(verdict.meters or 0, area.unit)
            return _("It is %(away)s from your business address, which is within your travel radius.", away=away)
        case coverage.OUTSIDE:
            return outside(verdict, area)
    return why_unknown(verdict)


def outside(verdict: Verdict, area: Area | ServiceArea) -> str:
    """What an address is not in."""
    if area.radius is not None and verdict.meters is not None:
        away, limit = distance(verdict.meters, area.unit), distance(area.radius, area.unit)
        return _(
            "It is %(away)s from your business address, beyond your travel radius of %(limit)s, "
            "and in none of your cities, postal codes, and shapes.",
            away=away,
            limit=limit,
        )
    return _("It is in none of your cities, postal codes, and shapes.")


def why_unknown(verdict: Verdict) -> str:
    match verdict.reason:
        case coverage.CONTRADICTION:
            return _("Its ZIP code belongs to %(city)s, but another state is given.", city=verdict.detail)
        case coverage.NO_POSTAL_CODE:
            return _("It has no postal code.")
        case coverage.NO_CITY:
            return _("It has no city.")
        case coverage.NO_HOME:
            return _("We can't tell where your business address is, so we can't measure how far it is.")
    return _("We know neither its postal code nor its city.")


def located(verdict: Verdict) -> str:
    """Where we take the address to be."""
    if verdict.place is None or not verdict.place.name:
        return ""
    name = ", ".join(filter(None, (verdict.place.name, verdict.place.region)))
    if verdict.by == coverage.POSTAL_CODE:
        return _("We measure from the middle of its ZIP code, in %(place)s.", place=name)
    return _("We measure from the middle of %(place)s.", place=name)
