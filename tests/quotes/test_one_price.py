"""One price everywhere: page, PDF, email, acceptance and invoices come to the same amount, to the minor unit."""

from fractions import Fraction
from math import floor
from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import sergio.portal  # noqa: F401 - all tables
from sergio import pricing
from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import speaking
from sergio.lib.money import format_amount, minor_units
from sergio.quotes import evidence, invoicing, pdf
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.models import Quote, QuoteLine, QuotePackage
from tests.factories import by
from tests.quotes.builders import SIGNED

CURRENCIES = ("USD", "EUR", "JPY", "KWD", "CHF")
RATES = (0, 50_000, 82_500, 88_750, 190_000, 212_500)
DISCOUNTS = (0, 1, 333, 1000, 2500, 9_999, 10_000)


def amount_of(line: QuoteLine) -> int:
    """The rule in words: the exact amount less the discount, to the nearest minor unit, halves away from zero."""
    exact = Fraction(line.quantity, 1000) * line.unit_price
    return rounded(exact * (1 - Fraction(line.discount_rate, 10_000))) - line.discount


def total_of(lines: list[QuoteLine]) -> int:
    """The lines, and the tax at each rate on their sum."""
    sums = {line.tax_ppm: 0 for line in lines}
    for line in lines:
        sums[line.tax_ppm] += amount_of(line)
    return sum(base + rounded(Fraction(base * rate, 1_000_000)) for rate, base in sums.items())


def rounded(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2)) if exact >= 0 else -floor(-exact + Fraction(1, 2))


def random_line(random: Random, unit: int, **more) -> QuoteLine:
    quantity, price = random.choice([1000, 1500, 333, random.randrange(1, 50_000)]), random.randrange(500 * unit)
    if random.random() < 0.1:
        price = -price
    rate = random.choice(DISCOUNTS)
    fixed = 0 if rate else random.randrange(max(pricing.amount(quantity, price), 0) + 1)
    values = {"quantity": quantity, "unit_price": price, "discount_rate": rate, "discount": fixed, "unit": "h"}
    return QuoteLine(description=f"Work {random.random()}", tax_ppm=random.choice(RATES), **values, **more)


def random_content(random: Random, currency: str) -> tuple[list[QuoteLine], list[QuotePackage], dict]:
    """Lines, packages and deposit of a draft."""
    unit = minor_units(currency)
    packages = [QuotePackage(name=name, recommended=name == "B") for name in random.choice(["", "AB", "ABC"])]
    lines = [random_line(random, unit) for _ in range(random.randrange(1, 5))]
    chosen = {"optional": True, "preselected": random.random() < 0.5}
    lines += [random_line(random, unit, **chosen) for _ in range(random.randrange(3))]
    lines += [random_line(random, unit, package=package) for package in packages for _ in range(random.randrange(1, 3))]
    deposits = [{}, {"deposit_rate": random.choice([1000, 3333, 10_000])}, {"deposit": random.randrange(300 * unit)}]
    return lines, packages, random.choice(deposits)


def frozen(lines: list[QuoteLine], packages: list[QuotePackage], deposit: dict, currency: str) -> dict:
    """The content of a quote that no database has."""
    for number, row in enumerate([*lines, *packages], 1):
        row.id, row.position = number, number
    for line in lines:
        line.package_id = line.package.id if line.package else None
    terms = {"deposit_rate": 0, "deposit": 0, "invoices_deposit": True, **deposit}
    until = clock.now().date()
    words = {"number": 1, "version": 1, "title": "Work", "intro": "", "terms": "", "valid_until": until, "place": None}
    letter = {"name": "Sparkle", "brand": "#000000", "logo": "", "phone": "", "email": ""}
    company = Company(currency=currency, language="en", time_zone="UTC", **letter)
    customer = SimpleNamespace(name="Ana")
    return evidence.frozen(
        SimpleNamespace(
            **words, **terms, company=company, customer=customer, currency=currency, lines=lines, packages=packages
        ),
        None,
    )


@pytest.mark.parametrize("currency", CURRENCIES)
def test_ten_thousand_documents_come_to_the_same_amount_everywhere(currency):
    random = Random(currency)
    with speaking("en"):
        for _ in range(10_000 // len(CURRENCIES)):
            one_document(random, currency)


def one_document(random: Random, currency: str):
    lines, packages, deposit = random_content(random, currency)
    facts = frozen(lines, packages, deposit, currency)
    chosen = [line.id for line in lines if line.optional and random.random() < 0.5]
    package = random.choice(packages) if packages else None
    taken = [line for line in lines if (line.id in chosen if line.optional else line.package in (None, package))]
    expected = total_of(taken)
    offer = evidence.choose(facts, chosen, package and package.id)
    assert offer["total"] == expected
    shown = FormattedOffer(offer)
    assert shown.total == shown.totals[-1][1] == format_amount(expected, currency)
    assert [line["amount"] for line in shown.lines] == [format_amount(amount_of(line), currency) for line in taken]
    assert [line["amount"] for line in pdf.printed(shown.lines, Company(shows_line_prices=True))] == [
        line["amount"] for line in shown.lines
    ]
    deposit_line = invoicing.InvoiceLine(description="Deposit", unit_price=-offer["deposit"])
    rest = pricing.price([*invoicing.accepted_lines(offer), deposit_line]).total
    assert offer["deposit"] + rest == expected
    assert 0 <= offer["deposit"] <= max(expected, 0)


@pytest.mark.parametrize("currency", CURRENCIES)
def test_page_pdf_email_acceptance_and_invoices_agree(browser_of, session, ana, sparkle, outbox, currency):
    sparkle.currency = currency
    lines, packages, _deposit = random_content(Random(f"{currency} 1"), currency)
    how = {"by": BY_SYSTEM, "at": clock.now()}
    until = sparkle.day(clock.now())
    quote = Quote.draft(ana.customer, "Work", lines, packages, valid_until=until, deposit_rate=3333, **how)
    quote.send(**how)
    session.commit()
    expected = quote.newest.total
    text = format_amount(expected, currency)
    browser = browser_of(ana)
    assert f'name="total" value="{expected}"' in browser.get("/portal/quotes/1").text
    assert f"Work: {text}" in outbox.emails[-1].text
    facts = quote.newest.facts
    preselected, package = evidence.preselected(facts["lines"]), evidence.first_package(facts)
    seen = {"version": 1, "shown": expected}
    quote.accept(ana, SIGNED, preselected, package, **seen, by=by(ana), at=clock.now())
    assert quote.acceptance.total == expected
    if quote.acceptance.offer["deposit"]:
        invoicing.invoice_rest(quote, **how)
        assert sum(session.scalars(select(Invoice.total))) == expected
    session.commit()
    assert text in browser.get("/portal/quotes/1").text
    assert any(text in email.text for email in outbox.emails if email.subject.startswith("You accepted"))
