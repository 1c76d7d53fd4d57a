"""Quotes for tests: a fence with an optional gate and lamp."""

import json
import re
from datetime import timedelta

from sergio import pricing
from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes.evidence import Signature
from sergio.quotes.models import Quote, QuoteLine

SIGNED_IN = {"sign_in": 1, "email": "ana@example.com", "since": "2026-11-01T12:00:00+00:00"}
SIGNED = Signature("Ana Ruiz", [], "203.0.113.9", "a browser", SIGNED_IN)
DRAWN = json.dumps([{"penColor": "black", "points": [{"x": 10, "y": 40.5, "time": 1}, {"x": 310, "y": 90, "time": 2}]}])


def lines() -> list[QuoteLine]:
    """$1,200.00 required; $300.00 and $45.50 optional, the second chosen; tax of 10 % on the fence and the gate."""
    return [
        QuoteLine(description="Fence", detail="Larch, 12 m", unit_price=120_000, tax_ppm=100_000),
        QuoteLine(description="Gate", unit_price=30_000, tax_ppm=100_000, optional=True),
        QuoteLine(description="Lamp", quantity=2000, unit_price=2275, optional=True, preselected=True),
    ]


def draft(person, *, days: int = 14, **more) -> Quote:
    """A quote for a contact's customer that may be accepted for so many days from today."""
    words = {
        "title": "Garden fence",
        "intro": "As we discussed.",
        "terms": "Half is due before we begin.",
        "valid_until": person.company.day(clock.now()) + timedelta(days=days),
        **more,
    }
    how = {"by": BY_SYSTEM, "at": clock.now()}
    return Quote.draft(person.customer, words.pop("title"), lines(), **how, **words)


def sent(person, *, at=None, **more) -> Quote:
    """The same, sent."""
    quote = draft(person, **more)
    quote.send(by=BY_SYSTEM, at=at or clock.now())
    return quote


def acceptance(quote: Quote, **more) -> dict:
    """The fields of a filled-in acceptance form, as a browser sends them after the total was updated."""
    chosen = more.get("chosen", [])
    shown = total(quote, chosen if isinstance(chosen, list) else [chosen])
    return {"version": quote.version, "total": shown, "name": "Ana Ruiz", "agreed": "y", **more}


def reviewed(office, number: int = 1, **more) -> dict:
    """The form that sends a quote, as a browser of staff has it after the review."""
    page = office.get(f"/office/quotes/{number}/send").text
    shown = dict(re.findall(r'name="(version|revision)" value="(\d+)"', page))
    return {"how": "email", **shown, **more}


def total(quote: Quote, chosen=()) -> int:
    """What the page shows for the optional lines chosen (ids), in minor units."""
    return pricing.price(line for line in quote.lines if not line.optional or line.id in chosen).total
