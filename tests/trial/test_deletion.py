"""Deleting the test customer: nothing of it is left, and nothing else is touched."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from sergio.audit.models import AuditEntry
from sergio.auth.models import SignIn
from sergio.auth.previews import Preview
from sergio.booking import progress
from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.holds import hold_of
from sergio.booking.models import Appointment
from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AppointmentPhoto
from sergio.booking.reminders import AppointmentReminder
from sergio.booking.series import AppointmentSeries
from sergio.booking.services import CARD_ON_FILE, Service
from sergio.companies.models import TEST_NUMBERS
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices import ledger_check, open_sums
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.images import Photo
from sergio.lib.refused import Refused
from sergio.payments.autopay import AutoPay
from sergio.payments.stripe.events import StripeEvent
from sergio.quotes import outcome_check, version_check
from sergio.quotes.attachments import PDF, AttachedFile, QuoteAttachment
from sergio.quotes.looks import note_look
from sergio.quotes.models import Quote
from sergio.quotes.reminders import QuoteReminder
from sergio.trial.creation import create
from sergio.trial.deletion import LEAVES, PARTS, delete_test_customer
from tests.booking import builders as booking
from tests.browser import read_email
from tests.factories import by
from tests.invoices import builders as invoices
from tests.payments.saving import kept, mandate
from tests.quotes import builders as quotes
from tests.quotes.test_packages import packaged
from tests.snapshot import digests

FIRST = TEST_NUMBERS + 1
PAGE = "/office/settings/test-customer"
FOLLOWS = ("company_version", "number_series", "audit_entry", "preview", "sign_in", "rate_limit_window")
"""What is not as before: counters, limits, the trail, and what the staff member did in the office."""


@pytest.fixture
def clean(session, sparkle, theo, ana):
    """A service, and real documents beside it."""
    quote = quotes.sent(ana)
    signed = quotes.SIGNED
    quote.accept(ana, signed, [], version=1, shown=quotes.total(quote), by=by(ana), at=clock.now())
    invoices.invoice(ana, at=clock.now())
    service = booking.service(sparkle, "Deep clean", price=10_000, lead_minutes=0)
    session.commit()
    return service


def use_everything(app, browser, contact, session, card_form, receive_events, work):
    """Do as the test customer what a customer can do."""
    quote = session.scalars(select(Quote).where(Quote.number == FIRST)).one()
    optional = [line.id for line in quote.lines if line.optional]
    browser.post(f"/portal/quotes/{FIRST}/change-request", {"version": 1, "message": "Sooner, please."})
    answer = browser.post(f"/portal/quotes/{FIRST}/acceptance", quotes.acceptance(quote, chosen=optional))
    assert answer.status_code == 303, answer.text
    assert card_form(contact, FIRST).pay()["status"] == "succeeded"
    receive_events()
    browser.post("/portal/book/place", {"service": 1, "street": "9 New Street"})
    page = browser.get(f"/portal/appointments/{FIRST}/reschedule").text
    at = re.search(r"reschedule/review\?at=([^\"&]+)", page)[1]
    assert browser.post(f"/portal/appointments/{FIRST}/reschedule", {"at": at}).status_code == 303
    place = contact.customer.properties[0].number
    soonest = f"/portal/book/time?service=1&place={place}"
    another_day = max(re.findall(r"day=([-\d]+)", browser.get(soonest).text))
    free, later = (first_time_on(browser, page) for page in (soonest, f"{soonest}&day={another_day}"))
    service = session.scalars(
        select(Service).where(Service.company_id == contact.company_id, Service.number == 1)
    ).one()
    service.guarantee = CARD_ON_FILE
    session.commit()
    chosen = {"service": 1, "place": place}
    assert browser.post("/portal/book", chosen | {"at": free}).status_code == 303
    browser.post("/portal/book/hold", chosen | {"at": later})
    AppointmentPhoto.add_to_hold(hold_of(contact), Photo(b"huge", b"small", 1, 1), by=by(contact), now=clock.now())
    session.commit()
    assert browser.post("/portal/waitlist", chosen | {"until_on": until_on(contact)}).status_code == 303
    service.guarantee = ""
    session.commit()
    browser.post("/portal/account", {"name": "Olga P.", "phone": ""})
    here = f"/portal/account/addresses/{place}"
    assert browser.post(here, {"street": "9 Newer Street"}).status_code == 303
    assert browser.post("/portal/account/email", {"email": "olga.petrova@sparkle.example"}).status_code == 303
    work()


def first_time_on(browser, page: str) -> str:
    return re.search(r'name="at" value="([^"]+)"', browser.get(page).text)[1]


def until_on(contact) -> str:
    return contact.company.day(clock.now()).isoformat()


def agree_to_automatic_payments(session, contact):
    """A card that is saved, and an invoice that is announced to be charged to it."""
    auto_pay = AutoPay.start(contact, kept(contact), 100_000, mandate(contact), by=by(contact))
    invoices.invoice(contact, at=clock.now(), due_on=contact.company.day(clock.now()))
    auto_pay.plan(at=clock.now())
    session.commit()


def answer_a_quote_and_think_better_of_it(session, contact, olga):
    """A quote with packages and a PDF, which the customer saw, asked about and accepted, for a while."""
    how = {"by": by(olga), "at": clock.now()}
    quote = quotes.draft(contact)
    quote.edit(*packaged(), **how)
    QuoteAttachment.add(quote, AttachedFile("plan.pdf", PDF, b"the plan"), **how)
    quote.send(**how)
    note_look(quote, contact, 1, at=clock.now())
    session.add(QuoteReminder(company=contact.company, quote_id=quote.id, version=1, kind="expiring", at=clock.now()))
    quote.ask_for_changes(contact, "Sooner, please.", version=1, by=by(contact), at=clock.now())
    quote.reply("On Monday.", **how)
    package = quote.packages[0].id
    mine = {"version": 1, "shown": 15_000, "by": by(contact), "at": clock.now()}
    quote.accept(contact, quotes.SIGNED, [], package, **mine)
    quote.undo_acceptance("We only tried.", **how)
    session.commit()


def do_an_appointment(session, olga):
    """What staff do at an appointment, at its time."""
    mine = session.scalars(select(Appointment).where(Appointment.number == FIRST)).one()
    how = {"by": by(olga), "now": mine.starts_at}
    progress.set_out(mine, **how)
    AppointmentNote.add(mine, "The filter is new.", public=True, **how)
    before = {"by": by(mine.contact), "now": mine.starts_at - timedelta(hours=1)}
    AppointmentPhoto.add_of_customer(mine, Photo(b"oven", b"small", 1, 1), **before)
    AppointmentPhoto.add(mine, Photo(b"large", b"small", 1, 1), kind="before", caption="", public=True, **how)
    progress.finish(mine, **how)
    about = {"company_id": mine.company_id, "appointment_id": mine.id, "at": mine.starts_at}
    session.add(AppointmentReminder(**about, kind="days_before", starts_at=mine.starts_at))
    session.add(AppointmentChangeRequest(**about, message="An hour later?", by="Ana"))
    names = ("company_id", "customer_id", "contact_id", "property_id", "service_id", "staff_id")
    on = mine.starts_at.date()
    series = {"weeks": 1, "minutes": 60, "minute": 540, "starts_on": on, "made_until": on, "created_at": mine.starts_at}
    mine.series = AppointmentSeries(**{name: getattr(mine, name) for name in names}, **series)
    session.commit()


def test_everything_of_it_is_gone_and_nothing_else(
    app, browser_of, clean, olga, session, sandbox, card_form, receive_events, work
):
    office = browser_of(olga)
    receive_events()  # those of the accounts
    olga.company.offers_autopay = True
    session.commit()
    before = digests(*FOLLOWS)
    office.post(PAGE)
    contact = session.scalars(Customer.test_of(olga.company)).one().contacts[0]
    office.post(f"/office/customers/{FIRST}/contacts/{contact.id}/invitation")
    office.post(f"{PAGE}/link")
    visitor = type(office)(app, "sparkle")
    work()
    visitor.be(contact)
    use_everything(app, visitor, contact, session, card_form, receive_events, work)
    agree_to_automatic_payments(session, contact)
    do_an_appointment(session, olga)
    answer_a_quote_and_think_better_of_it(session, contact, olga)
    office.post("/office/preview", {"customer": FIRST})
    office.post(f"/office/customers/{FIRST}/notes", {"text": "We try the portal."})
    office.post("/office/preview/exit")
    during = digests(*FOLLOWS)
    touched = {name for name in before if before[name] != during[name]}
    assert {name for name, *_more in LEAVES if name not in FOLLOWS} - touched <= MISSING
    assert {"job", "outgoing_email", "stored_file", "magic_link", "stripe_event", "search_piece"} <= touched

    assert office.post(f"{PAGE}/deletion").status_code == 303
    after = digests(*FOLLOWS, "stripe_event")
    assert {name for name in after if before[name] != after[name]} == set()
    session.rollback()
    kept = session.execute(select(StripeEvent.type, StripeEvent.intent)).all()
    assert [intent for _type, intent in kept if intent] == [], kept
    assert session.scalars(select(Preview)).all() == []
    assert session.scalars(select(SignIn).where(SignIn.contact_id.is_not(None))).all() == []
    assert "/sign-in" in visitor.get("/portal/").location
    checks = (ledger_check, open_sums, version_check, outcome_check)
    assert [line for check in checks for line in check.differences()] == []


MISSING = {
    "refund",
    "refund_request",
    "moved_credit",
    "dispute",
    "debit_mandate",
    "quote_decline",
    "stripe_customer",
    "invitation_outcome",
    "invoice_email",
    "import_line",
    "pay_lock",
    "unwanted_email",
    "paused_address",
}
"""What a test customer cannot have at once, or only by what happens at Stripe; no invitations or imports are of one."""


def test_it_can_be_made_again_under_new_numbers(browser_of, olga, session):
    office = browser_of(olga)
    for number in (FIRST, FIRST + 1):
        office.post(PAGE)
        assert session.scalar(select(Customer.number).where(Customer.is_test)) == number
        office.post(f"{PAGE}/deletion")
        session.rollback()
    assert session.scalar(select(Customer.number).where(Customer.is_test)) is None


def test_the_activity_log_keeps_who_made_and_deleted_it(browser_of, olga, session):
    office = browser_of(olga)
    office.post(PAGE)
    office.post(f"{PAGE}/deletion")
    wanted = select(AuditEntry).where(AuditEntry.subject == "customer").order_by(AuditEntry.id)
    rows = [(row.action, row.actor_name, row.number) for row in session.scalars(wanted)]
    assert rows == [("created", "Olga Petrova", FIRST), ("deleted", "Olga Petrova", FIRST)]


def test_deleting_twice_says_so(browser_of, olga, session):
    office = browser_of(olga)
    office.post(PAGE)
    office.post(f"{PAGE}/deletion")
    office.post(f"{PAGE}/deletion")
    assert "There is no test customer." in office.get(PAGE).text


def test_a_real_customer_cannot_be_deleted(ana, olga, clean, session):
    with pytest.raises(Refused):
        delete_test_customer(ana.customer, by=by(olga), now=clock.now())


EVIDENCE = ("ledger_entry", "invoice_document", "quote_version", "quote_acceptance")


@pytest.mark.parametrize("table", EVIDENCE)
def test_the_database_still_keeps_the_evidence_of_real_customers(clean, table):
    with pytest.raises(DBAPIError, match=f"Rows of {table} are never changed or deleted"):
        run(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", EVIDENCE)
def test_nor_is_evidence_of_a_test_customer_ever_changed(olga, session, table):
    quote = session.scalars(select(Quote).where(create(olga, by=by(olga), now=clock.now()).owns(Quote))).one()
    contact = quote.customer.contacts[0]
    quote.accept(contact, quotes.SIGNED, [], version=1, shown=120_00, by=by(contact), at=clock.now())
    session.commit()
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        run(f"UPDATE {table} SET company_id = company_id")


def test_a_real_document_moved_to_a_test_customer_is_evidence_still(olga, ana, clean, session):
    test = create(olga, by=by(olga), now=clock.now())
    session.commit()
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        run(
            f"UPDATE invoice SET customer_id = {test.id} WHERE number < {TEST_NUMBERS}",
            "DELETE FROM ledger_entry WHERE source = 'invoice 1'",
        )


def run(*statements: str):
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_every_table_that_refers_to_it_is_deleted():
    """A table that a later feature adds must be in `LEAVES` (or follow its source, as the search does)."""
    listed = {name for name, *_more in LEAVES}
    owners = {name for name, *_more in PARTS} | {"customer"}
    for table in db.metadata.sorted_tables:
        refers = {element.column.table.name for key in table.foreign_key_constraints for element in key.elements}
        if refers & owners and table.name not in ("search_piece", "quote_piece"):
            assert table.name in listed, table.name
    children = [name for name, *_more in LEAVES]
    for name, _key, owner in LEAVES:
        assert name == owner or owner in owners
        assert children.index(name) <= children.index(owner)


def test_an_open_payment_is_canceled_at_stripe(browser_of, clean, olga, session, sandbox, card_form, work):
    office = browser_of(olga)
    office.post(PAGE)
    contact = session.scalars(Customer.test_of(olga.company)).one().contacts[0]
    form = card_form(contact, FIRST)
    office.post(f"{PAGE}/deletion")
    work()
    _store, intent = sandbox.find(form.intent)
    assert intent["status"] == "canceled"


def test_an_event_about_a_deleted_test_customer_is_no_problem(
    browser_of, clean, olga, session, sandbox, card_form, receive_events
):
    office = browser_of(olga)
    office.post(PAGE)
    contact = session.scalars(Customer.test_of(olga.company)).one().contacts[0]
    form = card_form(contact, FIRST)
    assert form.pay()["status"] == "succeeded"
    office.post(f"{PAGE}/deletion")
    receive_events()
    assert "never requested" not in office.get("/office/payments").text
    assert session.scalars(select(Invoice).where(Invoice.number == FIRST)).all() == []


def test_its_time_is_free_again(browser_of, clean, olga, session):
    office = browser_of(olga)
    office.post(PAGE)
    assert session.scalar(text("SELECT count(*) FROM appointment_slice")) > 0
    office.post(f"{PAGE}/deletion")
    session.rollback()
    assert session.scalar(text("SELECT count(*) FROM appointment_slice")) == 0
    assert session.scalars(select(Appointment)).all() == []


def test_a_rival_cannot_delete_it(browser_of, world, session):
    browser_of(world.olga).post(PAGE)
    rival = browser_of(world.rita)
    rival.post(f"{PAGE}/deletion")
    assert "There is no test customer." in rival.get(PAGE).text
    session.rollback()
    assert session.scalars(Customer.test_of(world.sparkle)).one()


def test_the_link_is_a_real_one(app, browser_of, olga, session):
    office = browser_of(olga)
    office.post(PAGE)
    office.post(f"{PAGE}/link")
    response = office.get(read_email(app).link)
    assert response.location == "/portal/"
    assert "Sample quote" in office.get("/portal/quotes").text


def test_an_email_of_a_real_customer_stays_whatever_numbers_it_has(browser_of, ana, olga, session, outbox):
    quotes.sent(ana)
    session.commit()
    browser_of(ana).post("/portal/quotes/1/change-request", {"version": 1, "message": f"Call me on {FIRST}"})
    before = [email.subject for email in outbox.emails]
    create(olga, by=by(olga), now=clock.now())
    session.commit()
    test = session.scalars(select(Customer).where(Customer.is_test)).one()
    delete_test_customer(test, by=by(olga), now=clock.now())
    session.commit()
    assert [email.subject for email in outbox.emails] == before
