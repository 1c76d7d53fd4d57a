"""Where a logo is shown besides pages: emails, and PDFs, which keep the one they were issued with."""

import io
import re

import pytest
from jinja2 import ChoiceLoader, DictLoader
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.companies import logos
from sergio.files.models import StoredFile
from sergio.lib import clock, images
from sergio.outbox.compose import composed
from sergio.outbox.mime import mime_message
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from tests.companies.pictures import drawn, opened, png
from tests.invoices import builders
from tests.quotes import builders as quotes

RED, GREEN, BLUE = "#ff0000", "#00aa00", "#0000ff"


def change(company, session, color: str | None):
    """Show a logo of that color, or none."""
    if color:
        company.change_logo(images.logo_of(png(color=color)), by=BY_SYSTEM, at=clock.now())
    else:
        company.remove_logo(by=BY_SYSTEM, at=clock.now())
    session.commit()


def colors_in(pdf: bytes) -> list[str]:
    """The colors of the pictures of a document's first page."""
    pictures = [each.image.convert("RGB") for each in PdfReader(io.BytesIO(pdf)).pages[0].images]
    return ["#{:02x}{:02x}{:02x}".format(*each.getpixel((each.width // 2, each.height // 2))) for each in pictures]


@pytest.fixture
def email(monkeypatch, app, session):
    """`email(company)`: an email of the company, with a text of its own, that waits to be sent."""
    texts = {
        "hello.txt": '{% extends "layouts/email.txt" %}{% block body %}Hello{% endblock %}',
        "hello.mjml": '{% extends "layouts/email.mjml" %}{% block body %}<mj-text>{{ words }}</mj-text>{% endblock %}',
    }
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader([DictLoader(texts), app.jinja_env.loader]))

    def compose(company, words: str = "Hello"):
        waiting = composed(company, "ana@example.com", "hello", "Hello", words=words)
        session.add(waiting)
        session.flush()
        return waiting

    return compose


def sent(email):
    """The email as it goes out."""
    return mime_message(email, "portal@sergio.test")


def html_of(message) -> str:
    return message.get_body(("html",)).get_content()


def pictures_of(message) -> dict[str, bytes]:
    """The pictures of an email by their Content-ID."""
    parts = [part for part in message.walk() if part.get_content_type() == "image/png"]
    return {part["Content-ID"]: part.get_content() for part in parts}


def test_an_email_has_the_logo_in_it_and_the_name_as_its_text(email, sparkle, session):
    change(sparkle, session, RED)
    message = sent(email(sparkle))
    [[name, picture]] = pictures_of(message).items()
    shown = re.search(r'<img[^>]*src="cid:([^"]+)"[^>]*>', html_of(message))
    assert name == f"<{shown[1]}>"
    assert 'alt="Sparkle Cleaning"' in shown[0]
    assert 'width="176"' in shown[0]
    assert opened(picture).convert("RGB").getpixel((9, 9)) == (255, 0, 0)
    assert [part.get_content_type() for part in message.walk()][1:4] == ["text/plain", "multipart/related", "text/html"]


def test_without_a_logo_an_email_has_the_name(email, sparkle):
    message = sent(email(sparkle))
    assert pictures_of(message) == {}
    assert "Sparkle Cleaning</div>" in html_of(message)


def test_an_email_that_waits_while_its_logo_goes_still_goes_out(email, sparkle, session):
    change(sparkle, session, RED)
    waiting = email(sparkle)
    change(sparkle, session, GREEN)
    assert len(pictures_of(sent(waiting))) == 1
    change(sparkle, session, BLUE)
    message = sent(waiting)
    assert pictures_of(message) == {}
    assert 'alt="Sparkle Cleaning"' in html_of(message)


def test_no_text_brings_another_companys_logo_into_an_email(email, sparkle, rival, session):
    change(rival, session, RED)
    session.info["company_id"] = sparkle.id
    assert pictures_of(sent(email(sparkle, f"cid:logo-{rival.logo}"))) == {}


def test_a_white_logo_stands_on_a_dark_ground_in_emails_and_on_paper(email, sparkle, session):
    sparkle.change_logo(images.logo_of(drawn("#ffffff")), by=BY_SYSTEM, at=clock.now())
    [picture] = pictures_of(sent(email(sparkle))).values()
    assert opened(picture).convert("RGB").getpixel((1, 1)) == (26, 29, 32)


def test_an_invoice_keeps_the_logo_it_was_issued_with(browser_of, ana, olga, sparkle, session):
    change(sparkle, session, RED)
    invoice = builders.invoice(ana)
    for color in (GREEN, BLUE, None):
        change(sparkle, session, color)
    Payment.record(invoice, method=CASH, by=BY_SYSTEM, at=clock.now())
    session.commit()
    browser = browser_of(ana)
    assert colors_in(browser.get("/portal/invoices/1.pdf").data) == [RED]
    assert colors_in(browser.get("/portal/payments/1/receipt.pdf").data) == [RED]
    builders.invoice(ana)
    assert colors_in(browser.get("/portal/invoices/2.pdf").data) == []


def test_an_invoice_from_before_there_was_a_logo_stays_without(browser_of, ana, sparkle, session):
    builders.invoice(ana)
    change(sparkle, session, RED)
    assert colors_in(browser_of(ana).get("/portal/invoices/1.pdf").data) == []


def test_a_quote_keeps_the_logo_it_was_sent_with(browser_of, ana, sparkle, session):
    change(sparkle, session, RED)
    quotes.sent(ana, at=clock.now())
    for color in (GREEN, BLUE):
        change(sparkle, session, color)
    assert colors_in(browser_of(ana).get("/portal/quotes/1.pdf").data) == [RED]


def test_issuing_many_invoices_keeps_one_copy_of_the_logo(ana, sparkle, session):
    change(sparkle, session, RED)
    for _each in range(3):
        builders.invoice(ana)
    kept = session.query(StoredFile).filter(StoredFile.path.like("letterheads/%")).all()
    assert [file.path for file in kept] == [logos.printed_path(sparkle.logo)]


def test_a_document_whose_logo_is_lost_has_the_name(browser_of, ana, sparkle, session):
    change(sparkle, session, RED)
    builders.invoice(ana)
    session.query(StoredFile).filter(StoredFile.path.like("l%")).delete(synchronize_session=False)
    session.commit()
    pdf = browser_of(ana).get("/portal/invoices/1.pdf").data
    assert colors_in(pdf) == []
    assert "Sparkle Cleaning" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
