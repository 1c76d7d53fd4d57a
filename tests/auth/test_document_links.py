"""Links in emails: each opens one document without a sign-in, and nothing else."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.document_links import APPOINTMENT, INVOICE, KINDS, OFFER, PATHS, QUOTE, DocumentLink
from sergio.auth.document_session import KIND
from sergio.auth.models import MagicLink, SignIn
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.plans import FREE
from sergio.customers.models import Contact
from sergio.customers.roles import READ
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.overview import merging
from sergio.quotes.answer import QuoteAcceptance
from tests.booking.builders import MONDAY, at
from tests.browser import SAME_ORIGIN
from tests.factories import added
from tests.overview import builders

OPEN = {"open": "yes"}
NO_SIGN_IN = ("portal.auth.", "portal.invitation.", "portal.customer.", "portal.new_email.", "portal.offline.")
ALL = {"every_company": True}


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def documents(ana, theo):
    """One of Ana's documents of each kind."""
    made = {
        QUOTE: builders.quote(ana),
        INVOICE: builders.invoice(ana),
        APPOINTMENT: builders.appointment(ana, theo, at(30, 10)),
    }
    waits = {"customer": ana.customer, "contact": ana, "place": ana.customer.properties[0], "until_on": MONDAY.date()}
    entry = added(WaitlistEntry(company=ana.company, service=made[APPOINTMENT].service, **waits))
    return {OFFER: entry.id} | {kind: row.number for kind, row in made.items()}


@pytest.fixture
def link(documents, ana, session):
    """`link(kind)`: the path of a new link to Ana's document of that kind."""

    def issue(kind=QUOTE, number=None):
        url = DocumentLink.issue(ana, kind, number or documents[kind])
        session.commit()
        return url.removeprefix("https://sparkle.sergio.test")

    return issue


@pytest.fixture
def guest(visitor, sparkle):
    """A browser in which nobody is signed in."""
    return visitor(sparkle)


def row(session) -> DocumentLink:
    session.rollback()
    return session.scalars(select(DocumentLink).order_by(DocumentLink.id.desc()), execution_options=ALL).first()


def acceptance(page) -> dict:
    """The fields to accept the quote of a page."""
    hidden = dict(re.findall(r'<input[^>]*name="(version|total)"[^>]*value="([^"]*)"', unescape(page.text)))
    return {**hidden, "name": "Ana Ruiz", "agreed": "y"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_press_opens_the_document_and_no_other_page(app, guest, documents, link, kind):
    path = link(kind)
    assert guest.get(path).status_code == 200
    opened = guest.post(path, OPEN)
    assert opened.location == PATHS[kind].format(documents[kind])
    assert guest.get(opened.location).status_code == 200

    number = documents[kind]
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("portal.") or rule.endpoint.startswith(NO_SIGN_IN):
            continue
        where = re.sub(r"<(?:int:)?(\w+)>", lambda part: str(number), rule.rule)
        answer = guest.get(where) if "GET" in rule.methods else guest.post(where)
        asked = answer.status_code == 401 or "/portal/sign-in" in (answer.location or "")
        assert asked == (KIND.get(rule.endpoint) != kind), (rule.endpoint, answer.status)
        if KIND.get(rule.endpoint) == kind:
            other = guest.get(where.replace(f"/{number}", f"/{number + 900}"))
            assert "GET" not in rule.methods or "/portal/sign-in" in other.location


def test_the_link_is_kept_as_a_digest_and_leaves_no_trace_of_its_token(guest, link, session):
    path = link()
    token = path.removeprefix("/d/")
    assert token not in str(vars(row(session)))
    page = guest.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    opened = guest.post(path, OPEN)
    assert token not in opened.location
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert token not in guest.get(opened.location).text


def test_a_quote_is_accepted_by_a_link_and_the_proof_says_so(guest, documents, link, session):
    opened = guest.post(link(), OPEN)
    page = guest.get(opened.location)
    answer = guest.post(f"{opened.location}/acceptance", acceptance(page))
    assert answer.location == opened.location
    assert "Accepted" in guest.get(opened.location).text
    proof = session.scalars(select(QuoteAcceptance), execution_options=ALL).one()
    sent = session.get_one(DocumentLink, proof.signed_in["document_link"], execution_options=ALL)
    assert (sent.kind, sent.number) == (QUOTE, documents[QUOTE])
    assert proof.signed_in["email"] == "ana@example.com"
    assert proof.signed_in["opened"] == sent.opened_at.isoformat()


@pytest.mark.parametrize("way", ["get", "submits", "first button"])
def test_300_visits_of_scanners_change_nothing_and_lock_nobody_out(app, visitor, sparkle, link, session, way):
    path = link()
    for _visit in range(100):
        scanner = visitor(sparkle)
        page = scanner.get(path)
        assert scanner.client.head(path, base_url=scanner.base_url).status_code == 200
        if way != "get":
            fields = {} if way == "submits" else {"open": re.search(r'<button name="open" value="(\w+)"', page.text)[1]}
            assert scanner.post(path, fields).status_code == 200
        assert scanner.cookie("__Host-document") is None
        assert scanner.get("/portal/quotes/1").status_code == 303
    assert row(session).opened_at is None
    assert visitor(sparkle).post(path, OPEN).status_code == 303


def test_the_button_needs_the_token_of_its_page(guest, link, session):
    path = link()
    headers, data = SAME_ORIGIN, {"open": "yes", "csrf_token": "forged"}
    assert guest.post(path, data, headers=headers).status_code == 200
    assert row(session).opened_at is None


def gone(ana, link, session):
    ana.left_at = clock.now()


def readdressed(ana, link, session):
    ana.email, ana.email_key = "new@example.com", "new@example.com"


def revoked(ana, link, session):
    link.revoke(by=BY_SYSTEM, at=clock.now())


@pytest.mark.parametrize("end", [gone, readdressed, revoked])
def test_what_ends_a_link_ends_it_at_once_where_it_is_open(guest, ana, link, session, end):
    path = link()
    opened = guest.post(path, OPEN)
    page = guest.get(opened.location)
    end(ana, session.merge(row(session)), session)
    session.commit()
    assert "/portal/sign-in" in guest.get(opened.location).location
    assert guest.post(f"{opened.location}/acceptance", acceptance(page)).status_code == 401
    assert guest.get(path).status_code == 404


def test_a_link_ends_after_60_days_and_an_invoices_30_days_after_it_was_paid(visitor, sparkle, ana, link, session):
    quote, bill = link(QUOTE), link(INVOICE)

    def works(path, days) -> bool:
        with time_machine.travel(MONDAY + timedelta(days=days), tick=False):
            return visitor(sparkle).get(path).status_code == 200

    assert [works(quote, days) for days in (59, 60)] == [True, False]
    assert [works(bill, days) for days in (59, 400)] == [True, True]
    invoice = session.query(Invoice).filter_by(company_id=sparkle.id, customer_id=ana.customer_id).one()
    builders.pay(invoice, at=MONDAY + timedelta(days=50))
    session.commit()
    assert [works(bill, days) for days in (79, 81)] == [True, False]


def test_everyone_gets_the_same_page_and_email_button_for_a_link_that_does_not_work(guest, link, session):
    path = link()
    session.merge(row(session)).revoke(by=BY_SYSTEM, at=clock.now())
    session.commit()
    ended, never = guest.get(path), guest.get("/d/" + "x" * 43)
    assert ended.status_code == never.status_code == 404

    def strip(page, token):
        return re.sub(r'csrf_token" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", page.text.replace(token, ""))

    assert strip(ended, path.removeprefix("/d/")) == strip(never, "x" * 43)

    answers = [guest.post(f"{each}/email") for each in (path, "/d/" + "x" * 43)]
    assert [answer.status_code for answer in answers] == [303, 303]


def test_an_old_link_is_replaced_by_a_new_one_to_the_same_person(visitor, sparkle, ana, link, work, outbox, session):
    path = link()
    with time_machine.travel(MONDAY + timedelta(days=61), tick=False):
        guest = visitor(sparkle)
        before = len(outbox.emails)
        assert guest.post(f"{path}/email").status_code == 303
        work()
        [email] = outbox.emails[before:]
        assert (email.to, email.subject) == ("ana@example.com", "Your new link from Sparkle Cleaning")
        assert "/sign-in" not in email.text
        [fresh] = re.findall(r"https://sparkle.sergio.test(/d/\S+)", email.text)
        assert fresh != path
        assert fresh in email.html
        assert guest.post(fresh, OPEN).location == "/portal/quotes/1"
        for _more in range(4):
            guest.post(f"{path}/email")
        work()
        assert outbox.subjects[before:] == [email.subject] * 3
        assert guest.get(path).status_code == 404


def test_after_a_link_was_revoked_a_new_one_needs_a_sign_in(guest, link, session, work, outbox):
    path = link()
    session.merge(row(session)).revoke(by=BY_SYSTEM, at=clock.now())
    session.commit()
    guest.post(f"{path}/email")
    fresh = session.scalars(select(MagicLink).where(MagicLink.email == "ana@example.com"), execution_options=ALL).one()
    assert fresh.next_path == "/portal/quotes/1"
    work()
    assert "Your new link from Sparkle Cleaning" not in outbox.subjects


def left(ana):
    ana.left_at = clock.now()


def unpaid_for(ana):
    ana.company.plan = FREE


@pytest.mark.parametrize("change", [left, unpaid_for])
def test_nobody_gets_a_new_link_once_they_left_or_without_a_portal(
    visitor, sparkle, ana, link, work, outbox, session, change
):
    path = link()
    with time_machine.travel(MONDAY + timedelta(days=61), tick=False):
        visitor(sparkle).post(f"{path}/email")
        change(ana)
        session.commit()
        work()
    assert "Your new link from Sparkle Cleaning" not in outbox.subjects


def test_a_document_of_another_customer_opens_beside_ones_own_sign_in(browser_of, ben, link):
    browser = browser_of(ben)
    opened = browser.post(link(), OPEN)
    page = browser.get(opened.location)
    assert page.status_code == 200
    assert "Opened by a link we emailed to Ana Ruiz" in page.text
    assert "Signed in as Ben" in browser.get("/portal/").text


def test_who_is_signed_in_goes_straight_to_the_document(browser_of, ana, link):
    assert browser_of(ana).get(link()).location == "/portal/quotes/1"


def test_a_link_gives_no_more_than_the_contacts_role(guest, ana, link, session):
    session.add(Contact(company=ana.company, customer=ana.customer, name="Dora", email="dora@example.com"))
    ana.role = READ
    opened = guest.post(link(), OPEN)
    assert guest.get(opened.location).status_code == 200
    assert guest.post(f"{opened.location}/decline", {"version": 1}).status_code == 403


def test_closing_forgets_the_documents_of_this_browser(guest, link):
    opened = guest.post(link(), OPEN)
    guest.post("/portal/sign-out")
    assert "/portal/sign-in" in guest.get(opened.location).location


def test_several_documents_stay_open(guest, documents, link):
    paths = [guest.post(link(kind), OPEN).location for kind in KINDS]
    assert [guest.get(path).status_code for path in paths] == [200] * len(KINDS)


def test_another_page_asks_to_sign_in_and_leads_back(guest, link):
    opened = guest.post(link(), OPEN)
    assert guest.get("/portal/invoices").location == "/portal/sign-in?next=/portal/invoices"
    assert f"/portal/sign-in?next={opened.location}" in guest.get(opened.location).text


def test_no_card_is_saved_by_a_link(guest, link):
    opened = guest.post(link(INVOICE), OPEN)
    assert 'name="save"' not in guest.get(opened.location).text


def test_another_company_and_a_company_without_a_portal_know_no_link(visitor, rival, sparkle, link, session):
    path = link()
    assert visitor(rival).get(path).status_code == 404
    sparkle.plan = FREE
    session.commit()
    assert "Open quote" not in visitor(sparkle).get(path).text


def test_staff_and_customer_list_and_revoke_links(browser_of, olga, ana, ben, link, session):
    first, second = link(), link(INVOICE)
    office, portal = browser_of(olga), browser_of(ana)
    where = f"/office/customers/{ana.customer.number}/links"
    ids = re.findall(r"/links/(\d+)/revocation", office.get(where).text)
    assert ids == re.findall(r"/links/(\d+)/revocation", portal.get("/portal/account/links").text)
    assert browser_of(ben).post(f"/portal/account/links/{ids[0]}/revocation").status_code == 404
    assert office.post(f"{where}/{ids[0]}/revocation").status_code == 303
    for each in ids[1:]:
        assert portal.post(f"/portal/account/links/{each}/revocation").status_code == 303
    assert "No links" in office.get(where).text
    for path in (first, second):
        assert browser_of(olga).get(path).status_code == 404


def test_no_sign_in_comes_of_it(guest, link, session):
    guest.post(link(), OPEN)
    assert session.scalar(select(func.count()).select_from(SignIn), execution_options=ALL) == 0


def test_emails_carry_the_link(guest, ana, theo, olga, documents, session, outbox):
    session.commit()
    texts = {email.subject: email for email in outbox.emails if email.to == "ana@example.com"}
    [sent] = [email for subject, email in texts.items() if subject.startswith("Quote 1")]
    [path] = re.findall(r"https://sparkle.sergio.test(/d/\S+)", sent.text)
    assert path in sent.html
    assert guest.post(path, OPEN).location == "/portal/quotes/1"


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_opened_by_a_link_takes_few_statements(guest, link, statements, kind):
    path = guest.post(link(kind), OPEN).location
    guest.get(path)
    with statements() as seen:
        guest.get(path)
    assert len(seen) <= 5, seen


def test_a_preview_shows_no_links(browser_of, olga, ana, link):
    link()
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    assert "Quote 1" not in office.get("/portal/account/links").text


def test_of_a_merged_customer_the_links_go_on(guest, ana, ben, link, session):
    path = link()
    merging.merge(ben.customer, ana.customer, by=BY_SYSTEM, at=clock.now())
    session.commit()
    opened = guest.post(path, OPEN)
    assert guest.get(opened.location).status_code == 200
