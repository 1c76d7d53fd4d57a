"""Whether emails arrived: staff see it on the document and the customer, and lift the pause of an address."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sergio import outbox
from sergio.audit.models import AuditEntry
from sergio.auth.document_links import DocumentLink
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.outbox import bounces
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress
from tests.booking.builders import at
from tests.factories import by
from tests.overview import builders
from tests.quotes import builders as quotes

ABOUT, OF_CUSTOMER = "/office/emails/about/quote/1", "/office/emails/of-customer/2"
NO_SUCH_USER = "550 5.1.1 User unknown"


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def email(ben, session) -> OutgoingEmail:
    """The email with a quote, not sent yet."""
    ben.phone = "+12075550123"
    quotes.sent(ben)
    session.commit()
    return session.scalars(select(OutgoingEmail)).one()


def text_of(browser, path) -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("&#39;", "'").split())


def test_it_is_about_to_be_sent_then_sent_then_opened(office, email, ben, session):
    assert "The email to Ben Okafor at ben@example.com is about to be sent." in text_of(office, ABOUT)
    email.mark_sent(clock.now())
    session.commit()
    assert "Sent to Ben Okafor at ben@example.com on" in text_of(office, ABOUT)
    session.scalars(select(DocumentLink)).one().open(by=by(ben), at=clock.now())
    session.commit()
    assert "Ben Okafor opened it on" in text_of(office, ABOUT)


def test_a_page_that_a_signed_in_customer_opens_tells_it(browser_of, ben, ana, session, office):
    invoice = builders.invoice(ben)
    email = outbox.send(ben.company, ben.email, "customers/email/nobody", "x", **about(ben, invoice))
    email.mark_sent(clock.now())
    session.commit()
    path = f"/portal/seen/invoice/{invoice.number}"
    assert f'hx-post="{path}"' in browser_of(ben).get(invoice.portal_path).text
    browser_of(ana).post(path, {})
    session.refresh(email)
    assert email.seen_at is None
    assert browser_of(ben).post(path, {}).status_code == 204
    session.refresh(email)
    assert email.seen_at
    assert "Ben Okafor opened it on" in text_of(office, f"/office/emails/about/invoice/{invoice.number}")


def about(contact, invoice) -> dict:
    return {"customer": contact.customer, "contact": contact, "invoice": invoice, "unsent": "x"}


def test_a_deferred_email_says_when_it_is_tried_next(office, email, session):
    email.mark_deferred("451 4.7.1 Try later", clock.now())
    session.execute(update(Job).values(run_at=clock.now() + timedelta(hours=1)))
    session.commit()
    page = text_of(office, ABOUT)
    assert f"“{email.subject}” hasn't reached Ben Okafor yet." in page
    assert re.search(r"451 4\.7\.1 Try later We'll try again on \w{3}, \w{3} \d+", page)


def test_a_bounced_email_says_what_the_server_said_and_what_to_do(office, email, ben, session):
    email.mark_sent(clock.now())
    bounces.refuse(email, NO_SUCH_USER, clock.now())
    session.commit()
    for path in (ABOUT, OF_CUSTOMER):
        page = text_of(office, path)
        assert f"“{email.subject}” didn't reach Ben Okafor at ben@example.com." in page
        assert NO_SUCH_USER in page
        assert "Correct the address or call them, then send it again." in page
    markup = office.get(ABOUT).text
    assert f'href="/office/customers/{ben.customer.number}/contacts/{ben.id}"' in markup
    assert 'href="tel:+12075550123"' in markup
    assert NO_SUCH_USER in text_of(office, "/office/problems")


def test_only_the_last_email_to_each_reader_counts(office, email, ben, session):
    bounces.refuse(email, NO_SUCH_USER, clock.now())
    quote = quotes.sent(ben)
    session.commit()
    last = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()
    last.about_number = 1
    last.mark_sent(clock.now())
    session.commit()
    page = text_of(office, ABOUT)
    assert "reach Ben" not in page
    assert "reached Ben" not in page
    assert "Sent to Ben Okafor" in page
    assert quote.number == 2


def test_a_paused_address_is_said_and_lifted_on_the_customers_page(office, email, ben, session):
    facts = {"company": ben.company, "email_key": ben.email, "customer_id": ben.customer_id}
    pause = PausedAddress(paused_at=clock.now(), reason=NO_SUCH_USER, **facts)
    session.add(pause)
    session.commit()
    assert "We paused emails to ben@example.com" in text_of(office, OF_CUSTOMER)
    response = office.post(f"/office/emails/paused/{pause.id}/lift", {})
    assert response.location == ben.customer.office_path
    assert "paused" not in text_of(office, OF_CUSTOMER)
    office.post(f"/office/emails/paused/{pause.id}/lift", {})
    session.rollback()
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "paused_address")).all()
    assert actions == ["resumed_address"]
    assert "Resumed emails to an address" in office.get("/office/activity").text


def test_another_companys_pause_does_not_exist(office, world, session):
    facts = {"company": world.rival, "email_key": "cleo@example.com", "paused_at": clock.now(), "reason": "no"}
    pause = PausedAddress(**facts)
    session.add(pause)
    session.commit()
    assert office.post(f"/office/emails/paused/{pause.id}/lift", {}).status_code == 404
    session.refresh(pause)
    assert pause.lifted_at is None


def test_the_pages_of_documents_and_the_customer_load_it(office, ben, theo, session):
    quotes.sent(ben)
    invoice = builders.invoice(ben)
    appointment = builders.appointment(ben, theo, at(25, 9))
    session.commit()
    paths = {
        "/office/quotes/1": ABOUT,
        f"/office/invoices/{invoice.number}": f"/office/emails/about/invoice/{invoice.number}",
        f"/office/schedule/{appointment.number}": f"/office/emails/about/appointment/{appointment.number}",
        ben.customer.office_path: OF_CUSTOMER,
    }
    for page, path in paths.items():
        assert f'hx-get="{path}"' in office.get(page).text
        assert office.get(path).status_code == 200


def test_what_a_page_loads_by_itself_leaves_its_messages(office, ben, session):
    paths = [ben.customer.office_path, quotes.sent(ben).office_path, builders.invoice(ben).office_path]
    session.commit()
    pages = [office.get(path).text for path in paths]
    found = [
        re.search(r'hx-get="([^"]+)"', tag)[1] for page in pages for tag in re.findall(r'<[^<>]*"load"[^<>]*>', page)
    ]
    assert {path.rsplit("/", 1)[0] for path in found} >= {"/office/emails/of-customer", "/office/emails/about/quote"}
    for path in found:
        assert 'id="flashes"' not in office.get(path, htmx=True).text, path


def test_a_technician_is_not_offered_what_only_the_desk_may_see(browser_of, ben, theo, session):
    appointment = builders.appointment(ben, theo, at(25, 9))
    session.commit()
    assert "/office/emails/" not in browser_of(theo).get(f"/office/schedule/{appointment.number}").text


def test_the_statements_do_not_grow_with_the_emails(office, ben, session, statements):
    for _ in range(5):
        email = quotes.sent(ben)
        session.commit()
    session.execute(update(OutgoingEmail).values(about_number=1, refused_at=clock.now(), refusal="550"))
    session.commit()
    office.get(ABOUT)
    for path in (ABOUT, OF_CUSTOMER):
        with statements() as seen:
            office.get(path)
        assert len(seen) <= 4
    assert email.number == 5
