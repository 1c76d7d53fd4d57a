"""The history on the office's page of a customer: everything that happened with them, and nothing else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.customers.emails import notify
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.outbox.kinds import STATEMENT
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import MONDAY
from tests.database.test_query_plans import listening, unique
from tests.overview import builders
from tests.overview.builders import DAY
from tests.overview.test_growth import work

PAGE = "/office/customers/1"


def history(browser, show="all") -> str:
    page = browser.get(f"{PAGE}?show={show}").text
    return page[page.index('<ol class="timeline">') :] if '<ol class="timeline">' in page else ""


@pytest.fixture
def busy(ana, ben, theo, olga, browser_of):
    """Ana and Ben have some of everything; Ana signed in, and Olga noted something about her."""
    maya = factories.staff(ana.company, "Maya Stone", TECHNICIAN)
    for contact, member in ((ana, theo), (ben, maya)):
        builders.a_bit_of_all(contact, member)
    browser_of(ana).get("/portal/")
    browser = browser_of(olga)
    browser.post(f"{PAGE}/notes", {"text": "Two dogs"})
    browser.post(f"{PAGE}/contacts/{ana.id}", {"name": "Ana R.", "email": ana.email, "role": "full"})
    return browser


KINDS = {
    "quotes": ["Quote 1: Sent", "Quote 2: Accepted", "/office/quotes/1"],
    "invoices": ["Invoice 1: Issued", "$120.00"],
    "payments": ["Payment 1: Recorded", "Check"],
    "appointments": ["Appointment 1: Scheduled", "/office/schedule/1"],
    "notes": ["Note: Created", "Two dogs", "Olga Petrova"],
    "emails": ["Quote 1: Windows", "To ana@example.com", "Waiting"],
    "sign-ins": ["Signed in"],
    "changes": ["Contact: Changed", "Name: Ana Ruiz → Ana R."],
}


def test_each_kind_of_entry_is_shown_alone_and_among_all(busy):
    pages = "".join(busy.pages(PAGE))
    others = {"quotes": "Invoice 1", "emails": "Two dogs"}
    for show, words in KINDS.items():
        part = history(busy, show)
        for each in words:
            assert each in part, (show, each)
            assert each in pages, each
        assert others.get(show, "Quote 99") not in part, show


def test_nothing_of_another_customer_is_shown(busy):
    pages = "".join(history(busy, show) for show in ("all", "quotes", "emails"))
    assert "ben@example.com" not in pages
    assert "Quote 3" not in pages


def test_the_newest_comes_first_and_pages_leave_nothing_out(ana, olga, browser_of, session):
    for n in range(25):
        ana.customer.rename(f"Ana {n}", by=BY_SYSTEM, at=MONDAY - n % 3 * DAY)
    session.commit()
    pages = browser_of(olga).pages(f"{PAGE}?show=changes")
    found = [int(n) for page in pages for n in re.findall(r"→ Ana (\d+)", page)]
    assert len(pages) == 3
    assert sorted(found) == list(range(25))
    assert [n % 3 for n in found] == sorted(n % 3 for n in found)


def test_an_email_that_nobody_could_get_is_in_the_history(ana, olga, browser_of, session, outbox):
    ana.email = ""
    session.commit()
    notify(ana.customer, ana, STATEMENT)
    session.commit()
    page = history(browser_of(olga), "changes")
    assert "No email address, so nothing was sent" in page
    assert "Your statement from Sparkle Cleaning" in page
    assert outbox.emails == []


@pytest.mark.parametrize("after", ["0~x", "0~2026-11-23~quote~1", "0~2026-11-23 13:00:00+00:00~quote~-9", "9~~", "%00"])
def test_an_invalid_place_in_the_history_gets_a_page(busy, after):
    assert busy.get(f"{PAGE}?after={after}").status_code == 200


def test_the_page_takes_three_statements_however_long_the_history(ana, theo, olga, browser_of, statements):
    browser = browser_of(olga)
    counts = []
    builders.a_bit_of_all(ana, theo)
    for more in (1, 25):
        for _ in range(more):
            builders.accept(builders.quote(ana), ana)
            builders.pay(builders.invoice(ana))
        with statements() as seen:
            assert browser.get(PAGE).status_code == 200
        counts.append(len(seen))
    assert counts == [3, 3]


@pytest.fixture
def long_history(ana, session):
    """100,000 entries of the company, of which 20,000 are Ana's sign-ins and quotes."""
    session.commit()
    entry = {"company_id": ana.company_id, "actor_kind": "system", "actor_name": "x", "before": {}, "after": {}}
    entry |= {"action": "changed", "subject_id": 1, "number": 1}
    for part in range(10):
        rows = [
            entry
            | {"at": MONDAY - timedelta(minutes=n), "subject": ("quote", "sign_in")[n % 2]}
            | {"customer_id": ana.customer_id if n % 5 == 0 else None}
            for n in range(part * 10_000, (part + 1) * 10_000)
        ]
        session.execute(insert(AuditEntry.__table__), rows)
    session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def test_a_page_reads_only_what_it_shows_of_100_000_entries(app, ana, olga, browser_of, long_history):
    browser = browser_of(olga)
    with listening(app) as seen:
        for query in ("", "?show=quotes", "?show=changes", "?show=sign-ins"):
            assert browser.get(f"{PAGE}{query}").status_code == 200
    for engine, statement, parameters in unique(seen):
        assert work(engine, statement, parameters) < 20_000, statement


def test_entries_know_their_customer(ana, theo, session):
    builders.a_bit_of_all(ana, theo)
    factories.contact(ana.company, "Somebody", "somebody@example.com")
    session.flush()
    entries = session.execute(db.select(AuditEntry.subject, AuditEntry.customer_id)).all()
    assert {row.customer_id for row in entries if row.subject != "service"} == {ana.customer_id}
    assert {"quote", "invoice", "payment", "appointment"} <= {row.subject for row in entries}
    assert session.get_one(Contact, ana.id).customer.customer_id == ana.customer_id
