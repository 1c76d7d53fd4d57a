"""Packages: the customer chooses exactly one, and the price, the evidence and the PDF follow."""

import re

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.quotes import version_check
from sergio.quotes.models import QuoteLine, QuotePackage
from tests.factories import by
from tests.quotes.builders import SIGNED, draft
from tests.quotes.test_pdf import text_of

AT = "/portal/quotes/1"


def now() -> dict:
    return {"by": BY_SYSTEM, "at": clock.now()}


def packaged() -> tuple[list[QuoteLine], list[QuotePackage]]:
    """$100.00 for everyone, and Basic for $50.00 or Deluxe (recommended) for $90.00, with 10 % tax on Deluxe."""
    basic = QuotePackage(name="Basic", note="Every month")
    deluxe = QuotePackage(name="Deluxe", note="Every week", recommended=True)
    lines = [
        QuoteLine(description="Setup", unit_price=10_000),
        QuoteLine(description="Mowing", unit_price=5_000, package=basic),
        QuoteLine(description="Mowing and edging", unit_price=9_000, tax_ppm=100_000, package=deluxe),
        QuoteLine(description="Leaves", unit_price=2_000, optional=True),
    ]
    return lines, [basic, deluxe]


@pytest.fixture
def quote(session, ana):
    """Quote 1 of Ana's, with two packages, sent today."""
    quote = draft(ana)
    lines, packages = packaged()
    quote.edit(lines, packages, **now())
    quote.send(**now())
    session.commit()
    return quote


def answer(quote, total: int, **more) -> dict:
    return {"version": quote.version, "total": total, "name": "Ana Ruiz", "agreed": "y", **more}


def package_id(quote, name: str) -> int:
    return next(package.id for package in quote.packages if package.name == name)


def test_the_recommended_package_is_chosen_until_the_customer_chooses(session, ana, quote):
    assert quote.total == quote.newest.total == 10_000 + 9_000 + 900
    quote.edit([QuoteLine(description="Setup", unit_price=1), *packaged()[0][1:1]], **now())
    assert quote.packages == []


def test_without_a_recommended_one_the_first_package_is_chosen(session, ana):
    lines, packages = packaged()
    packages[1].recommended = False
    quote = draft(ana)
    quote.edit(lines, packages, **now())
    assert quote.total == 15_000


def test_a_draft_can_be_written_again_with_another_recommended_package(session, ana, quote):
    lines, packages = packaged()
    packages[0].recommended, packages[1].recommended = True, False
    quote.edit(lines, packages, **now())
    session.commit()
    assert [(package.name, package.recommended) for package in quote.packages] == [("Basic", True), ("Deluxe", False)]
    assert quote.total == 15_000


@pytest.mark.parametrize(
    ("names", "reason"), [(["Basic"], "Add a second package"), (["Basic", "Empty"], "The package Empty has no lines")]
)
def test_a_choice_that_is_none_is_not_sent(session, ana, names, reason):
    packages = [QuotePackage(name=name) for name in names]
    quote = draft(ana)
    quote.edit([QuoteLine(description="Mowing", unit_price=1, package=packages[0])], packages, **now())
    with pytest.raises(Refused, match=reason):
        quote.send(**now())


def test_a_quote_without_lines_is_not_sent(session, ana):
    quote = draft(ana)
    quote.edit([], **now())
    with pytest.raises(Refused, match="Add at least one line"):
        quote.send(**now())


def test_the_page_shows_each_package_with_its_price(browser_of, ana, quote):
    page = browser_of(ana).get(AT).text
    for text in ("Choose a package", "Basic", "$50.00", "Deluxe", "Recommended", "$90.00", "Mowing and edging"):
        assert text in page
    checked = re.findall(r'name="package" value="(\d+)" form="acceptance" checked', page)
    assert checked == [str(package_id(quote, "Deluxe"))]
    assert 'name="total" value="19900"' in page


@pytest.mark.parametrize("htmx", [True, False])
def test_the_total_follows_the_package(browser_of, ana, quote, htmx):
    page = browser_of(ana).get(f"{AT}/total?package={package_id(quote, 'Basic')}", htmx=htmx).text
    assert 'name="total" value="15000"' in page
    assert "$150.00" in page


def test_the_chosen_package_is_accepted_and_printed(browser_of, session, ana, quote, outbox):
    basic = package_id(quote, "Basic")
    browser = browser_of(ana)
    assert browser.post(f"{AT}/acceptance", answer(quote, 15_000, package=basic)).status_code == 303
    session.expire_all()
    proof = quote.acceptance
    assert (proof.total, proof.offer["package"]) == (15_000, basic)
    assert [line["description"] for line in proof.offer["lines"]] == ["Setup", "Mowing"]
    assert [line["description"] for line in proof.offer["left_out"]] == ["Mowing and edging", "Leaves"]
    assert proof.untouched
    assert list(version_check.differences()) == []
    page, printed = browser.get(AT).text, text_of(browser.get(f"{AT}.pdf"))
    for shown in (page, printed):
        assert "Mowing" in shown
        assert "Mowing and edging" not in shown
        assert "Basic" in shown
    assert "Mowing and edging" not in outbox.emails[-1].text


def test_an_open_quote_is_printed_with_all_packages(browser_of, ana, quote):
    printed = text_of(browser_of(ana).get(f"{AT}.pdf"))
    for text in ("Choose one package", "Basic: $50.00", "Deluxe: $90.00", "Included in the total", "$199.00"):
        assert text in printed


@pytest.mark.parametrize("chosen", [[], ["999999"], ["x"], "both", "another"])
def test_anything_else_than_one_of_the_packages_is_refused(browser_of, session, ana, ben, quote, chosen):
    if chosen == "both":
        chosen = [package.id for package in quote.packages]
    if chosen == "another":
        other = draft(ben)
        other.edit(*packaged(), **now())
        session.commit()
        chosen = [package_id(other, "Basic")]
    page = browser_of(ana).post(f"{AT}/acceptance", answer(quote, 19_900, package=chosen))
    assert page.status_code == 422
    assert "Choose one of the packages on this quote." in page.text
    assert 'value="Ana Ruiz"' in page.text
    session.expire_all()
    assert quote.acceptance is None


def test_the_model_accepts_no_unknown_package_either(session, ana, quote):
    for package in (None, 999_999):
        with pytest.raises(Refused, match="Choose one of the packages"):
            quote.accept(ana, SIGNED, [], package, version=1, shown=19_900, by=by(ana), at=clock.now())


def test_a_duplicate_has_the_same_packages(session, ana, quote):
    copy = quote.duplicate(**now())
    session.commit()
    assert [(line.description, line.package and line.package.name) for line in copy.lines] == [
        ("Setup", None),
        ("Mowing", "Basic"),
        ("Mowing and edging", "Deluxe"),
        ("Leaves", None),
    ]
    assert not {package.id for package in copy.packages} & {package.id for package in quote.packages}
    assert (copy.total, copy.number, copy.status(copy.valid_until)) == (quote.total, 2, "draft")


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ("", "Add at least one line before you send this quote."),
        ("Setup", "The package Basic has no lines."),
        ("Mowing and edging", "The package Basic has no lines."),
        ("Mowing", "The package Deluxe has no lines."),
    ],
)
def test_packages_without_lines_can_be_previewed_and_say_what_is_missing(session, ana, olga, browser_of, kept, missing):
    quote = draft(ana)
    lines, packages = packaged()
    quote.edit([line for line in lines if line.description == kept], packages, **now())
    session.commit()
    office = browser_of(olga)
    preview = office.get("/office/quotes/1/preview")
    assert preview.status_code == 200
    for words in (missing, "Basic", "Deluxe", "No lines yet"):
        assert words in preview.text
    assert ('<table class="lines">' in preview.text) == (kept == "Setup")
    review = office.get("/office/quotes/1/send").text
    assert missing in review
    assert 'name="how"' not in review
    refused = office.post("/office/quotes/1/send", {"version": 0, "revision": 2, "how": "email"}, follow_redirects=True)
    assert missing in refused.text
