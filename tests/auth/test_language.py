"""The language of pages, emails and documents: the reader's, whoever makes them."""

import re
from io import BytesIO

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.models import Contact
from sergio.invoices import pdf
from sergio.lib import clock
from sergio.lib.language import speaking
from sergio.outbox.models import OutgoingEmail
from sergio.payments import emails
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.web.reader import COOKIE
from tests.booking.builders import MONDAY, at
from tests.browser import read_email
from tests.overview import builders
from tests.sign_up.conftest import Site

SIGN_IN = "/portal/sign-in"
SPANISH, FRENCH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.8"}, {"Accept-Language": "fr-CA"}


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def language_of(response) -> str:
    page = re.search(r'<html lang="(\w+)"', response.text)[1]
    assert response.headers["Content-Language"] == page
    return page


def choose(browser, language, **more):
    return browser.post("/language", {"language": language, **more})


@pytest.mark.parametrize(
    ("asked", "language"), [({}, "en"), (SPANISH, "es"), (FRENCH, "fr"), ({"Accept-Language": "de, ja"}, "en")]
)
def test_before_signing_in_it_is_the_browsers(visitor, sparkle, asked, language):
    response = visitor(sparkle).get(SIGN_IN, headers=asked)
    assert language_of(response) == language
    assert "Accept-Language" in response.vary


def test_a_browser_that_asks_for_none_of_ours_gets_the_companys(visitor, sparkle):
    sparkle.language = "fr"
    assert language_of(visitor(sparkle).get(SIGN_IN, headers={"Accept-Language": "de"})) == "fr"


def test_a_choice_in_the_footer_holds_in_this_browser_and_leads_back(visitor, sparkle):
    browser = visitor(sparkle)
    response = choose(browser, "fr", next=f"{SIGN_IN}?next=/portal/quotes")
    assert (response.status_code, response.location) == (303, f"{SIGN_IN}?next=/portal/quotes")
    page = browser.get(response.location, headers=SPANISH)
    assert language_of(page) == "fr"
    assert "Saisissez votre adresse e-mail" in page.text


@pytest.mark.parametrize("elsewhere", ["https://rival.sergio.test/", "//rival.sergio.test", ""])
def test_a_choice_leads_nowhere_else(visitor, sparkle, elsewhere):
    assert choose(visitor(sparkle), "es", next=elsewhere).location == "/portal/"


@pytest.mark.parametrize("language", ["de", "", "../es"])
def test_another_language_is_refused(browser_of, ana, session, language):
    assert choose(browser_of(ana), language).status_code == 400
    session.refresh(ana)
    assert ana.language is None


def test_without_the_token_nothing_is_chosen(browser_of, ana, session):
    choose(browser_of(ana), "es", csrf_token="")
    session.refresh(ana)
    assert ana.language is None


def test_on_the_site_itself_there_is_nothing_to_choose(app):
    response = choose(Site(app), "es")
    assert response.status_code == 404
    assert COOKIE not in response.headers.get("Set-Cookie", "")


def test_a_contacts_choice_is_kept_with_them_and_seen_at_once(browser_of, ana, session):
    browser = browser_of(ana)
    before = kept(browser)
    assert language_of(before) == "en"
    choose(browser, "es")
    after = browser.get("/portal/invoices", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, language_of(after)) == (200, "es")
    session.refresh(ana)
    assert ana.language == "es"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "chose_language")).one()
    assert (entry.actor_name, entry.after) == ("Ana Ruiz", {"language": "es"})


def kept(browser):
    """A page that the browser keeps: the second one, since the first sets its cookie."""
    browser.get("/portal/invoices")
    return browser.get("/portal/invoices")


def test_their_other_browser_follows_though_it_asks_for_another(browser_of, ana):
    phone, laptop = browser_of(ana), browser_of(ana)
    before = kept(laptop)
    choose(phone, "es")
    page = laptop.get("/portal/invoices", headers={**FRENCH, "If-None-Match": before.headers["ETag"]})
    assert (page.status_code, language_of(page)) == (200, "es")


def test_signed_in_it_is_the_companys_whatever_the_browser_asks_for(browser_of, ana):
    assert language_of(browser_of(ana).get("/portal/", headers=SPANISH)) == "en"


def test_a_choice_before_signing_in_becomes_the_contacts(visitor, ana, session, app):
    browser = visitor(ana.company)
    choose(browser, "es")
    browser.post(SIGN_IN, {"email": ana.email})
    browser.get(read_email(app).link)
    session.refresh(ana)
    assert ana.language == "es"


def test_a_choice_before_signing_in_does_not_replace_their_own(visitor, ana, session, app):
    ana.language = "fr"
    browser = visitor(ana.company)
    choose(browser, "es")
    browser.post(SIGN_IN, {"email": ana.email})
    browser.get(read_email(app).link)
    session.refresh(ana)
    assert ana.language == "fr"
    assert language_of(browser.get("/portal/")) == "fr"


def test_the_sign_in_email_is_in_the_language_of_the_page_that_asked(visitor, ana, work, session):
    visitor(ana.company).post(SIGN_IN, {"email": ana.email}, headers=SPANISH)
    work()
    assert session.scalars(select(OutgoingEmail)).one().subject == "Inicie sesión en Sparkle Cleaning"


def test_a_contacts_own_choice_comes_before_the_page_that_asked(visitor, ana, work, session):
    ana.language = "fr"
    visitor(ana.company).post(SIGN_IN, {"email": ana.email}, headers=SPANISH)
    work()
    email = session.scalars(select(OutgoingEmail)).one()
    assert email.subject == "Connexion à Sparkle Cleaning"


def test_a_document_opened_by_a_link_is_in_the_language_of_whoever_got_it(visitor, ana, session):
    ana.language = "es"
    invoice = builders.invoice(ana)
    link = DocumentLink.issue(ana, INVOICE, invoice.number).removeprefix("https://sparkle.sergio.test")
    session.commit()
    browser = visitor(ana.company)
    assert language_of(browser.get(link, headers=FRENCH)) == "es"
    browser.post(link, {"open": "yes"})
    assert language_of(browser.get(f"/portal/invoices/{invoice.number}", headers=FRENCH)) == "es"
    choose(browser, "fr")
    assert language_of(browser.get(f"/portal/invoices/{invoice.number}")) == "fr"
    session.refresh(ana)
    assert ana.language == "es"


def test_an_email_is_in_the_customers_language_and_the_offices_in_english(browser_of, ana, theo, outbox):
    ana.language = "es"
    appointment = builders.appointment(ana, theo, at(30, 10))
    browser_of(ana).post(f"/portal/appointments/{appointment.number}/cancel")
    theirs, ours = sorted(outbox.emails, key=lambda email: email.to != ana.email)
    assert theirs.subject == f"Su cita del {date_in('es', appointment)} está cancelada"
    assert "Puede reservar otra cita cuando quiera." in theirs.text
    assert 'lang="es"' in theirs.html
    assert ours.subject.startswith("Ana Ruiz canceled the appointment on Mon, ")
    assert "Servicio" not in ours.text


def test_an_email_sent_from_the_office_is_in_the_customers_language(browser_of, ana, olga, outbox):
    ana.language = "fr"
    invoice = builders.invoice(ana)
    browser_of(olga).post(f"/office/invoices/{invoice.number}/sending", {"to": ana.id, "message": ""})
    [email] = outbox.emails
    assert email.subject == f"Facture {invoice.number} de Sparkle Cleaning"
    assert "Voir" in email.text


def test_each_gets_a_receipt_in_their_own_language(ana, session, outbox):
    carla = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    carla.gets_receipts, carla.language, ana.language = True, "fr", "es"
    session.add(carla)
    session.flush()
    payment = Payment.record(builders.invoice(ana), method=CASH, by=BY_SYSTEM, at=clock.now())
    session.query(OutgoingEmail).delete()
    emails.receipt(payment)
    subjects = {email.to: email.subject for email in outbox.emails}
    assert subjects[ana.email].startswith("Pago de $")
    assert subjects[carla.email].startswith("Paiement de ")


def test_an_issued_invoice_stays_in_its_language(ana, session):
    ana.language = "es"
    invoice = builders.invoice(ana)
    on = invoice.issued_on
    first = pdf.pdf_of(invoice, on).path
    ana.language = "fr"
    session.flush()
    again = pdf.pdf_of(invoice, on)
    assert again.path == first
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(again.content())).pages)
    assert "Número de factura" in text
    assert "Numéro" not in text


def test_the_office_stays_in_english(browser_of, visitor, olga, sparkle):
    sparkle.language = "es"
    assert language_of(browser_of(olga).get("/office/", headers=FRENCH)) == "en"
    page = visitor(sparkle).get("/office/sign-in", headers=FRENCH)
    assert language_of(page) == "en"
    assert "/language" not in page.text


def test_staff_choose_the_language_of_customers(browser_of, olga, ana, sparkle, session):
    form = {"time_zone": sparkle.time_zone, "currency": "USD", "language": "es"}
    response = browser_of(olga).post("/office/settings/company/region", form, follow_redirects=True)
    assert "Time zone, currency, and language are saved." in response.text
    assert language_of(browser_of(ana).get("/portal/")) == "es"


def date_in(language: str, appointment) -> str:
    with speaking(language):
        return " ".join(appointment.company.format_moment(appointment.starts_at).split())
