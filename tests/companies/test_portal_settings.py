"""Settings -> Customer portal: the welcome message, what customers see, and the portal's link."""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from pypdf import PdfReader

from sergio.audit.models import AuditEntry
from sergio.companies.forms import SWITCHES
from sergio.companies.welcome import VARIABLES
from sergio.lib.variables import unknown_variables
from tests.booking.builders import MONDAY, at
from tests.overview import builders

PAGE = "/office/settings/portal"
ALL = dict.fromkeys(SWITCHES, "y")


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def hide(office):
    """`hide("shows_quotes", …)`: switch those off and everything else on."""

    def save(*switches, **more):
        shown = {name: value for name, value in ALL.items() if name not in switches}
        page = office.post(f"{PAGE}/visibility", shown | {"history_months": 0} | more, follow_redirects=True)
        assert "Your changes are saved and apply right away." in page.text

    return save


HOSTILE = [
    "{customer_name.__class__}",
    "{{7*7}}",
    "{% raw %}{0}{!r}%s%(name)s",
    "<script>alert(1)</script>",
    "{customer_name!r:>{width}}",
    "${customer_name}}{",
    "{" * 900,
    "{\ncustomer_name}",
    "{{customer_name}}</p><img src=x onerror=alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_message_comes_out_literally(office, browser_of, ana, text):
    assert office.post(f"{PAGE}/welcome", {"welcome": text}).status_code == 303
    page = browser_of(ana).get("/portal/").text
    escaped = text.replace("{customer_name}", "Ana Ruiz").replace("<", "&lt;").replace(">", "&gt;")
    assert escaped.replace("'", "&#39;") in page
    assert "49" not in page.split('class="prose">')[1][:5]


def test_a_customers_name_is_not_read_as_a_message(office, browser_of, ana):
    ana.name = "{company_name} Ruiz"
    office.post(f"{PAGE}/welcome", {"welcome": "Hello {customer_name}"})
    assert "Hello {company_name} Ruiz" in browser_of(ana).get("/portal/").text


def test_an_unknown_name_is_saved_with_a_warning(office, sparkle, session):
    page = office.post(f"{PAGE}/welcome", {"welcome": "Hi {customer_nam}, {first_name}"}, follow_redirects=True).text
    assert "Your welcome message is saved." in page
    assert "recognize {customer_nam}, so customers will see it exactly as you typed it." in page
    session.expire_all()
    assert sparkle.welcome == "Hi {customer_nam}, {first_name}"
    assert unknown_variables("{a} {a} {first_name} {b c}", VARIABLES) == ["{a}", "{b c}"]


def test_a_message_is_previewed_as_a_customer_reads_it(office, sparkle, session):
    block = office.get(f"{PAGE}/welcome/preview?welcome=Dear+{{first_name}}+%3Cb%3E", htmx=True).text
    assert "Dear Ana &lt;b&gt;" in block
    session.expire_all()
    assert sparkle.welcome == ""


def test_a_message_that_is_too_long_is_kept_in_the_form(office):
    response = office.post(f"{PAGE}/welcome", {"welcome": "x" * 1001})
    assert response.status_code == 422
    assert "x" * 1001 in response.text


@pytest.mark.parametrize(
    ("switch", "paths", "link"),
    [
        ("shows_quotes", ["/portal/quotes", "/portal/quotes/1", "/portal/quotes/1.pdf"], 'href="/portal/quotes'),
        (
            "shows_invoices",
            ["/portal/invoices", "/portal/invoices/1", "/portal/invoices/1.pdf", "/portal/invoices/1/pay"],
            'href="/portal/invoices',
        ),
        ("shows_history", ["/portal/history"], 'href="/portal/history'),
    ],
)
def test_a_hidden_section_is_nowhere(browser_of, ana, hide, switch, paths, link):
    builders.quote(ana)
    builders.invoice(ana)
    browser = browser_of(ana)
    assert link in browser.get("/portal/").text
    hide(switch)
    for path in paths:
        response = browser.get(path)
        assert (response.status_code, "Not available online" in response.text) == (404, True), path
    assert link not in browser.get("/portal/").text
    assert link not in browser.get("/portal/history").text.replace("Not available", "")


def test_with_quotes_and_invoices_hidden_the_home_page_has_no_tasks(browser_of, ana, hide):
    builders.quote(ana)
    hide("shows_quotes", "shows_invoices")
    assert "You're all caught up" in browser_of(ana).get("/portal/").text


def test_a_hidden_section_refuses_posts(browser_of, ana, hide, session):
    quote = builders.quote(ana)
    hide("shows_quotes")
    response = browser_of(ana).post("/portal/quotes/1/acceptance", {"name": "Ana", "agreed": "y", "version": 1})
    assert response.status_code == 404
    session.expire_all()
    assert quote.acceptance is None


def test_without_line_prices_only_totals_are_shown(browser_of, office, ana, hide):
    builders.quote(ana)
    invoice = builders.invoice(ana)
    browser = browser_of(ana)
    line = invoice.document.money(invoice.document.lines[0].amount)
    total = invoice.document.money(invoice.total)
    hide("shows_line_prices")
    page = browser.get("/portal/invoices/1").text
    assert total in page
    table = page.split('<table class="lines">')[1].split("</table>")[0]
    assert "$" not in table
    assert "$" not in browser.get("/portal/quotes/1").text.split('<table class="lines">')[1].split("</table>")[0]
    assert line in office.get("/office/invoices/1").text


def test_a_pdf_has_no_line_prices_either(browser_of, ana, hide):
    builders.invoice(ana)
    builders.quote(ana)
    browser = browser_of(ana)

    def texts():
        papers = [browser.get(path).get_data() for path in ("/portal/invoices/1.pdf", "/portal/quotes/1.pdf")]
        return ["".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages) for paper in papers]

    assert all("Unit price" in text for text in texts())
    hide("shows_line_prices")
    for text in texts():
        assert "Unit price" not in text
        assert "Total" in text


def test_documents_are_not_to_be_downloaded(browser_of, ana, hide):
    builders.quote(ana)
    builders.invoice(ana)
    browser = browser_of(ana)
    assert browser.get("/portal/invoices/1.pdf").status_code == 200
    hide("shows_documents")
    for path in ("/portal/invoices/1.pdf", "/portal/quotes/1.pdf", "/portal/payments/1/receipt.pdf"):
        assert browser.get(path).status_code == 404
    assert ".pdf" not in browser.get("/portal/invoices/1").text + browser.get("/portal/history").text
    assert browser.get("/portal/invoices/1").status_code == 200


def test_the_technician_stays_unnamed(browser_of, ana, theo, hide):
    visit = builders.appointment(ana, theo, at(25, 10))
    browser = browser_of(ana)
    pages = ("/portal/", f"/portal/appointments/{visit.number}", f"/portal/appointments/{visit.number}.ics")
    assert all("Theo" in browser.get(path).text for path in pages)
    hide("shows_technician")
    assert not any("Theo" in browser.get(path).text for path in pages)


def test_the_history_goes_back_as_far_as_chosen(browser_of, ana, hide, sparkle):
    builders.invoice(ana)
    with time_machine.travel(MONDAY + timedelta(days=400), tick=False):
        assert "Invoice 1" in browser_of(ana).get("/portal/history").text
        sparkle.history_months = 12
        assert "Invoice 1" not in browser_of(ana).get("/portal/history").text
        sparkle.history_months = 24
        assert "Invoice 1" in browser_of(ana).get("/portal/history").text
    assert sparkle.history_since(MONDAY).tzinfo is not None


def test_a_repeat_view_shows_a_change_at_once(browser_of, ana, hide):
    browser = browser_of(ana)
    browser.get("/portal/")
    first = browser.get("/portal/")
    again = browser.get("/portal/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    hide("shows_history")
    changed = browser.get("/portal/", headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, "/portal/history" in changed.text) == (200, False)


def test_changes_are_audited_with_what_was_before(office, hide, session, sparkle):
    hide("shows_technician", history_months=12)
    [entry] = session.query(AuditEntry).filter_by(company_id=sparkle.id, action="changed_visibility")
    assert entry.before == {"shows_technician": True, "history_months": None}
    assert entry.after == {"shows_technician": False, "history_months": 12}


def test_the_portals_address_is_a_qr_code(office, browser_of, theo):
    assert office.get(f"{PAGE}/qr.svg").mimetype == "image/svg+xml"
    assert office.get(f"{PAGE}/qr.png").get_data().startswith(b"\x89PNG")
    assert office.get(f"{PAGE}/qr.exe").status_code == 404
    assert browser_of(theo).get(f"{PAGE}/qr.svg").status_code == 403
    assert "https://sparkle.sergio.test/portal" in office.get(PAGE).text


def test_past_appointments_go_back_as_far_as_the_history(browser_of, ana, theo, sparkle):
    builders.appointment(ana, theo, at(25, 10), "Deep clean")
    with time_machine.travel(MONDAY + timedelta(days=300), tick=False):
        past = browser_of(ana).get("/portal/appointments?show=over").text
        assert "Deep clean" in past
        sparkle.history_months = 6
        assert "Deep clean" not in browser_of(ana).get("/portal/appointments?show=over").text
