"""Every route that names a row is 404 for another customer and for another company."""

import re
from datetime import timedelta

import pytest

from sergio import seeds
from sergio.audit.actor import BY_SYSTEM
from sergio.auth.document_links import QUOTE, DocumentLink
from sergio.auth.invitation_runs import InvitationRun
from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AppointmentPhoto
from sergio.booking.series import AppointmentSeries
from sergio.booking.services import ServiceQuestion
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.models import NumberSeries
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import Contact
from sergio.customers.note import CustomerNote
from sergio.extensions import db
from sergio.imports.models import CustomerImport
from sergio.invoices.ledger import CREDIT
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.lib import clock
from sergio.lib.images import Photo
from sergio.payments.methods import CASH
from sergio.payments.models import Dispute, Payment
from sergio.price_list.models import PriceListItem
from sergio.quotes.attachments import JPEG, AttachedFile, QuoteAttachment
from sergio.service_area.models import ServiceArea
from sergio.staff.models import StaffMember
from tests.factories import by
from tests.payments.saving import kept

FIRST = 700
NAMES_NO_ROW = {
    "static": "a file",
    "portal.invitation.show": "a secret that is the permission itself",
    "portal.invitation.request_link": "a secret that is the permission itself",
    "portal.new_email.show": "a secret that is the permission itself",
    "portal.new_email.confirm": "a secret that is the permission itself",
    "portal.auth.show_link": "a secret that is the permission itself",
    "portal.auth.confirm": "a secret that is the permission itself",
    "office.auth.show_link": "a secret that is the permission itself",
    "office.auth.confirm": "a secret that is the permission itself",
    "office.hand_over.show": "a secret that is the permission itself",
    "office.hand_over.confirm": "a secret that is the permission itself",
    "portal.seen.note": "notes something on emails to who asks only",
    "office.settings.emails.edit": "a kind of email, which every company has",
    "office.settings.emails.update": "a kind of email, which every company has",
    "office.settings.emails.reset": "a kind of email, which every company has",
    "office.settings.emails.preview": "a kind of email, which every company has",
    "office.settings.emails.send_test": "a kind of email, which every company has",
}
NEEDS_MORE_THAN_A_GET = {
    "portal.payments.show",
    "portal.appointments.review",
    "office.payments.new_closing",
    "office.settings.plan.invoice",
    "office.payments.new_dismissal",
    "portal.booking.large_photo",
    "portal.booking.small_photo",
}


@pytest.fixture
def anas(world, session):
    """Ana has one of everything, with numbers that no other rows have."""
    ana = world.ana
    now = clock.now()
    db.session.query(NumberSeries).filter_by(company_id=world.sparkle.id).update({"last": FIRST})
    for row in (ana.customer, *ana.customer.properties):
        row.number = FIRST + 1
    for series in ("quote", "invoice", "payment", "appointment", "service", "price_list_item", "import"):
        session.merge(NumberSeries(company=world.sparkle, series=series, last=FIRST))
    offer = seeds.offer(ana, "Secret offer", [("Secret work", 10_000)], now, sent=1)
    plan = AttachedFile("plan.jpg", JPEG, b"one", b"two", 1, 1)
    QuoteAttachment.add(offer, plan, by=BY_SYSTEM, at=now).id = FIRST + 1
    session.flush()
    offer.revise(by=BY_SYSTEM, at=now)
    bill = seeds.bill(ana, "Secret bill", [("Secret work", 10_000)], now)
    credit = {"kind": CREDIT, "amount": -500, "at": now, "entered_on": now.date(), "source": "a credit"}
    bill.entries.append(LedgerEntry(id=FIRST + 1, company=world.sparkle, **credit))
    bill.update_sums()
    paid = Payment.record(bill, method=CASH, by=BY_SYSTEM, at=now)
    session.add(Dispute(id=FIRST + 1, company=world.sparkle, payment=paid, stripe_id="dp_1", amount=1, at=now))
    shape = {"number": FIRST + 1, "name": "Secret", "address": "1 Elm Street", "center": [4_366_000, -7_026_000]}
    session.add(ServiceArea(company=world.sparkle, shapes=[{**shape, "radius": 5_000}], last_shape=FIRST + 1))
    session.add(Invoice(id=FIRST + 1, company=world.sparkle, customer=ana.customer, title="Draft", currency="USD"))
    service = seeds.service(world.sparkle, 0, "Clean", "", 60, 10_000)
    appointment = seeds.appointment(service, ana, world.theo, seeds.weekday_at(now + timedelta(days=7), 9))
    names = ("company_id", "customer_id", "contact_id", "property_id", "service_id", "staff_id")
    series = {"weeks": 1, "minutes": 60, "minute": 540, "starts_on": now.date(), "made_until": now.date()}
    whose = {name: getattr(appointment, name) for name in names}
    appointment.series = AppointmentSeries(**whose, **series, created_at=now)
    session.flush()
    AppointmentNote.add(appointment, "Secret note", public=True, by=by(world.theo), now=now).id = FIRST + 1
    about = {"kind": "before", "caption": "Secret photo", "public": True}
    AppointmentPhoto.add(appointment, Photo(b"one", b"two", 1, 1), by=by(world.theo), now=now, **about).id = FIRST + 1
    waits = {"customer": ana.customer, "contact": ana, "service_id": service.id, "until_on": now.date()}
    waits["property_id"] = ana.customer.properties[0].id
    session.add(WaitlistEntry(id=FIRST + 1, company=world.sparkle, **waits))
    session.add(Contact(id=FIRST + 1, company=world.sparkle, customer=ana.customer, name="Carla Ruiz"))
    asked = {"customer": ana.customer, "contact": ana, "street": "1 Secret Street", "asked_at": now}
    session.add(AddressChange(id=FIRST + 1, company=world.sparkle, **asked))
    note = {"customer": ana.customer, "text": "Secret note", "written_by": "Olga", "written_at": now}
    session.add(CustomerNote(id=FIRST + 1, company=world.sparkle, **note))
    facts = {"rows": 1, "has_headings": False, "first_row": ["Secret"], "samples": [["Secret"]], "columns": ["name"]}
    CustomerImport.upload(world.sparkle, b"Secret", "secret.csv", facts=facts, by=by(world.olga), at=now)
    question = ServiceQuestion(id=FIRST + 1, company=world.sparkle, service_id=service.id, wording="How many rooms?")
    run = InvitationRun(company=world.sparkle, number=FIRST + 1, who="never", staff=world.olga, total=0, started_at=now)
    session.add_all(
        [question, StaffMember(id=FIRST + 1, company=world.sparkle, name="Kim Lee", email="kim@sparkle.example")]
    )
    session.add(run)
    facts = {"name": "Secret item", "unit_price": 100}
    kept(ana).id = FIRST + 1
    DocumentLink.issue(ana, QUOTE, FIRST)
    session.flush()
    session.query(DocumentLink).filter_by(company_id=world.sparkle.id, number=FIRST, kind=QUOTE).update(
        {"id": FIRST + 1}
    )
    PriceListItem.create(world.sparkle, by=BY_SYSTEM, at=now, **facts)
    session.commit()
    return ana


def rules_with_rows(app, door: str):
    """The door's routes that name a row."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments and rule.endpoint.startswith(door)]
    return [rule for rule in rules if rule.endpoint not in NAMES_NO_ROW]


def path_of(rule, mark: str) -> str:
    """The route's path to Ana's row."""
    return re.sub(r"<(int:)?(\w+)>", lambda part: mark if part[2] == "mark" else str(FIRST + 1), rule.rule)


def mark_of(browser, path: str) -> str:
    """The id of another browser on the person's page of devices."""
    return re.search(r"devices/([^/\"]+)/end\"", browser.get(path).text)[1]


def responses(browser, rules, mark) -> dict:
    """The responses to every method of every route."""
    found = {}
    for rule in rules:
        for method in rule.methods & {"GET", "POST"}:
            ask = browser.get if method == "GET" else browser.post
            found[method, rule.endpoint] = ask(path_of(rule, mark)).status_code
    return found


def not_404(found: dict) -> dict:
    return {what: status for what, status in found.items() if status != 404}


@pytest.mark.parametrize("stranger", ["ben", "cleo"])
def test_anas_pages_are_not_found_by_another_customer_or_company(app, world, anas, browser_of, stranger):
    browser_of(anas)
    mark = mark_of(browser_of(anas), "/portal/account/devices")
    rules = rules_with_rows(app, "portal.")
    assert len(rules) > 15
    assert not_404(responses(browser_of(getattr(world, stranger)), rules, mark)) == {}


def test_sparkles_pages_are_not_found_in_a_rivals_office(app, world, anas, browser_of):
    browser_of(world.olga)
    mark = mark_of(browser_of(world.olga), "/office/devices")
    rules = rules_with_rows(app, "office.")
    assert len(rules) > 5
    assert not_404(responses(browser_of(world.rita), rules, mark)) == {}


def test_control_ana_and_olga_find_all_of_them(app, world, anas, browser_of):
    for person, door, devices in (
        (anas, "portal.", "/portal/account/devices"),
        (world.olga, "office.", "/office/devices"),
    ):
        browser_of(person)
        browser = browser_of(person)
        readable = [rule for rule in rules_with_rows(app, door) if "GET" in rule.methods]
        rules = [rule for rule in readable if rule.endpoint not in NEEDS_MORE_THAN_A_GET]
        found = responses(browser, rules, mark_of(browser, devices))
        assert {what: status for what, status in found.items() if what[0] == "GET" and status == 404} == {}


def test_a_row_named_in_a_query_or_a_form_is_checked_too(world, anas, browser_of):
    number = FIRST + 1
    ben = browser_of(world.ben)
    assert ben.get(f"/portal/book/time?service={number}&place={number}").status_code == 404
    assert ben.post("/portal/book", {"service": number, "place": number, "at": "2027-01-04T09:00"}).status_code == 404
    assert "Secret" not in ben.get(f"/portal/history?show={number}").text


@pytest.mark.parametrize(
    "path", ["/portal/", "/portal/quotes", "/portal/invoices", "/portal/appointments", "/portal/history"]
)
@pytest.mark.parametrize("stranger", ["ben", "cleo"])
def test_no_list_shows_anything_of_anas(world, anas, browser_of, path, stranger):
    assert "Secret" not in browser_of(getattr(world, stranger)).get(path).text


def test_a_cookie_of_one_company_does_not_work_at_another(app, world, anas, browser_of):
    browser = browser_of(anas)
    taken = browser.client.get_cookie("__Host-portal", "sparkle.sergio.test").value
    browser.client.set_cookie("__Host-portal", taken, domain="rival.sergio.test", secure=True)
    response = browser.client.get("/portal/", base_url="https://rival.sergio.test/")
    assert response.status_code == 303
    assert response.location.startswith("/portal/sign-in")
