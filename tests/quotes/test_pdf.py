"""Quotes as PDF."""

import io

import pytest
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from tests.factories import by
from tests.quotes.builders import DRAWN, acceptance


def text_of(response) -> str:
    assert response.status_code == 200
    assert response.mimetype == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(response.data)).pages)


def test_an_open_quote_is_printed_with_its_optional_work(browser_of, ana, quote):
    response = browser_of(ana).get("/portal/quotes/1.pdf")
    printed = text_of(response)
    for text in ("Quote", "Garden fence", "Larch, 12 m", "$1,365.50", "Optional work, not included", "Gate", "Sparkle"):
        assert text in printed
    assert response.headers["Content-Disposition"] == 'attachment; filename="quote-1.pdf"'
    assert "no-store" in response.headers["Cache-Control"]


def test_an_accepted_quote_is_printed_with_its_proof(browser_of, session, ana, quote):
    browser = browser_of(ana)
    browser.post("/portal/quotes/1/acceptance", acceptance(quote, chosen=quote.lines[1].id, strokes=DRAWN))
    printed = text_of(browser.get("/portal/quotes/1.pdf"))
    session.expire_all()
    assert "Accepted by Ana Ruiz" in printed
    assert "$1,650.00" in printed
    assert quote.acceptance.digest[:20] in printed.replace("\n", "").replace("\u200b", "")


@pytest.mark.parametrize("accepted", [False, True])
def test_the_same_quote_gives_the_same_bytes(browser_of, ana, quote, accepted):
    browser = browser_of(ana)
    if accepted:
        browser.post("/portal/quotes/1/acceptance", acceptance(quote))
    assert browser.get("/portal/quotes/1.pdf").data == browser.get("/portal/quotes/1.pdf").data


def test_an_accepted_quote_stays_the_same_whatever_changes(browser_of, session, sparkle, ana, quote):
    browser = browser_of(ana)
    browser.post("/portal/quotes/1/acceptance", acceptance(quote))
    before = browser.get("/portal/quotes/1.pdf").data
    sparkle.name, sparkle.time_zone, sparkle.brand, sparkle.phone = "Else", "Europe/Paris", "#ff0000", "none"
    quote.title, quote.lines[0].unit_price, ana.customer.name = "Else", 1, "Else"
    session.commit()
    assert browser.get("/portal/quotes/1.pdf").data == before


def links_of(answer) -> list[str]:
    marks = [mark.get_object() for page in PdfReader(io.BytesIO(answer.data)).pages for mark in page.annotations or []]
    return [mark["/A"]["/URI"] for mark in marks if "/URI" in mark.get("/A", {})]


def test_only_an_open_quote_leads_to_where_one_can_answer(browser_of, session, ana, quote):
    browser = browser_of(ana)
    assert any(link.endswith("/portal/quotes/1") for link in links_of(browser.get("/portal/quotes/1.pdf")))
    quote.withdraw(by=BY_SYSTEM, at=clock.now())
    session.commit()
    assert not any(link.endswith("/portal/quotes/1") for link in links_of(browser.get("/portal/quotes/1.pdf")))


def test_a_declined_quote_is_printed_as_declined(browser_of, ana, quote):
    quote.decline(ana, "", version=1, by=by(ana), at=clock.now())
    assert "Declined" in text_of(browser_of(ana).get("/portal/quotes/1.pdf"))
