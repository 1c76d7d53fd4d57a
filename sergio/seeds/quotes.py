"""The quotes of the demo data."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sergio.audit.actor import BY_SYSTEM, CONTACT, Actor
from sergio.customers.models import Contact
from sergio.pricing import ONE
from sergio.quotes.evidence import Signature
from sergio.quotes.models import Quote, QuoteLine, QuotePackage

TAX = 55_000


def quotes_of_ana(ana: Contact, today: datetime):
    """One of each: open with optional lines, open without, accepted, expired, declined."""
    lines = [("Inside oven, fridge, and cabinets", 18_000), ("Floors scrubbed and sealed, per room", 6_500, 4)]
    extras = [("Windows, inside and outside", 11_000), ("Balcony and patio furniture", 7_500)]
    by_ana = Actor(CONTACT, ana.name, ana.id)
    intro = "As we discussed in person last week. Check anything you would like to add. The rest can wait."
    offer(ana, "Spring deep clean", lines, today, sent=3, extras=extras, intro=intro)
    offer(ana, "Weekly cleaning of the lake house", [("Weekly cleaning, per visit", 15_500)], today, sent=8)
    offer(ana, "Garage cleanout", [("Cleanout, two people", 32_000), ("Disposal", 8_000)], today, sent=75)
    declined = offer(ana, "Carpet protection", [("Protective spray, all carpets", 24_000)], today, sent=40)
    declined.decline(ana, "Too expensive for now.", version=1, by=by_ana, at=today - timedelta(days=38))
    lines = [("Equipment rental", 9_900), ("Cleaning, two days", 64_000)]
    accepted = offer(ana, "Stairwell, deep clean", lines, today, sent=120)
    signed_in = {"sign_in": 0, "email": ana.email, "since": (today - timedelta(days=120)).isoformat()}
    signed = Signature("Ana Ruiz", [], "203.0.113.7", "Safari on iPhone", signed_in)
    accepted.accept(ana, signed, [], version=1, shown=accepted.total, by=by_ana, at=today - timedelta(days=119))


def packages_for_ana(ana: Contact, today: datetime):
    """An open quote with a choice of packages, a discount and a deposit."""
    names = {"Basic": "Every four weeks", "Standard": "Every two weeks", "Premium": "Every week, windows included"}
    packages = [QuotePackage(name=name, note=note, recommended=name == "Standard") for name, note in names.items()]
    lines = [quote_line("Deep clean before we begin", 29_000)]
    lines[0].discount_rate = 1000
    for package, price in zip(packages, (14_000, 26_000, 48_000), strict=True):
        lines.append(quote_line(f"{package.name} cleaning, per month", price))
        lines[-1].package = package
    intro = "Choose how often we should come. You can change it later."
    more: dict = {"intro": intro, "contact": ana, "place": ana.customer.properties[0], "deposit_rate": 2000}
    more |= {"valid_until": ana.company.day(today) + timedelta(days=21)}
    how: dict = {"by": BY_SYSTEM, "at": today - timedelta(days=1)}
    Quote.draft(ana.customer, "Regular cleaning of the whole house", lines, packages, **how, **more).send(**how)


def offer(
    person: Contact, title: str, lines: list, today: datetime, *, sent: int, extras: Sequence = (), intro: str = ""
) -> Quote:
    """A quote sent `sent` days ago, valid for 30 days."""
    at = today - timedelta(days=sent)
    rows = [quote_line(*line) for line in lines] + [quote_line(*line, optional=True) for line in extras]
    valid_until = person.company.day(at) + timedelta(days=30)
    more: dict = {"intro": intro, "contact": person, "place": person.customer.properties[0]}
    quote = Quote.draft(person.customer, title, rows, valid_until=valid_until, by=BY_SYSTEM, at=at, **more)
    quote.send(by=BY_SYSTEM, at=at)
    return quote


def quote_line(description: str, price: int, count: int = 1, *, optional: bool = False) -> QuoteLine:
    return QuoteLine(description=description, optional=optional, quantity=count * ONE, unit_price=price, tax_ppm=TAX)
