"""Merging two customers: everything goes over, nothing that was signed or issued changes, and it happens once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import SignIn
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.refused import Refused
from sergio.overview import merging
from sergio.payments.models import StripeCustomer
from sergio.quotes.models import Quote
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import MONDAY
from tests.overview import builders

PAGE = "/office/customers"
NOW = {"by": BY_SYSTEM, "at": MONDAY}


@pytest.fixture
def double(sparkle, ana, ben, theo, session):
    """Ana twice: the second customer has a contact with her email address, one of its own, and some of everything."""
    again = factories.contact(sparkle, "A. Ruiz", "ANA@example.com")
    again.phone, again.gets_receipts = "+12075550142", True
    other = again.customer.add_contact("Carla Ruiz", email="carla@example.com", **NOW)
    again.customer.add_contact("Dan Ruiz", **NOW)
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    for person, member in ((ana, theo), (again, maya)):
        builders.a_bit_of_all(person, member)
        CustomerNote.write(person.customer, f"Of {person.name}", **NOW).pin(**NOW)
        session.add(
            StripeCustomer(company=sparkle, customer=person.customer, account="a", stripe_id=f"cus_{person.id}")
        )
    session.add(StripeCustomer(company=sparkle, customer=again.customer, account="b", stripe_id="cus_b"))
    session.add(SignIn.start(again, browser="x", by=BY_SYSTEM, now=MONDAY)[0])
    session.add(SignIn.start(other, browser="x", by=BY_SYSTEM, now=MONDAY)[0])
    session.commit()
    return again


def merge(kept: Contact, gone: Contact):
    merging.merge(kept.customer, gone.customer, **NOW)
    db.session.commit()
    db.session.expire_all()


def owners(column: str) -> dict[str, list]:
    """The different values of a column in each table that has it, without those that never change."""
    tables = [table for table in db.metadata.sorted_tables if column in table.c]
    return {table.name: db.session.scalars(select(table.c[column]).distinct()).all() for table in tables}


def evidence() -> dict[str, list]:
    """The rows of the tables that never change, but for whose entry of the audit trail one is."""
    names = ("quote_version", "quote_acceptance", "ledger_entry", "invoice_document", "audit_entry")
    tables = [db.metadata.tables[name] for name in names]
    rows = {table.name: [c for c in table.c if c.name != "customer_id"] for table in tables}
    return {
        name: [tuple(row) for row in db.session.execute(select(*columns).order_by(columns[0]))]
        for name, columns in rows.items()
    }


def test_everything_of_the_other_customer_goes_over(double, ana):
    kept, gone = ana.customer_id, double.customer_id
    before = evidence()
    merge(ana, double)
    found = owners("customer_id")
    left = {name for name, ids in found.items() if gone in ids}
    assert left == {"contact", "stripe_customer", "search_piece"}
    for table in ("quote", "invoice", "appointment", "audit_entry", "outgoing_email", "customer_note", "contact"):
        assert kept in found[table], table
    assert {name for name, ids in owners("contact_id").items() if double.id in ids} == {"quote_acceptance"}
    after = evidence()
    assert {name: rows[: len(before[name])] for name, rows in after.items()} == before
    assert [len(after[name]) - len(rows) for name, rows in before.items()] == [0, 0, 0, 0, 2]


def test_contacts_with_the_same_address_become_one(double, ana, browser_of):
    merge(ana, double)
    assert [contact.name for contact in ana.customer.present_contacts] == ["Ana Ruiz", "Carla Ruiz", "Dan Ruiz"]
    assert (ana.phone, ana.gets_receipts) == ("+12075550142", True)
    assert double.left_at == MONDAY
    assert "Sign in" not in browser_of(ana).get("/portal/quotes/4").text


def test_of_two_invitations_of_one_person_one_stays_current(double, ana, session):
    for contact in (ana, double):
        PortalInvitation.email_to(contact, None, **NOW)
    session.flush()
    merging.merge(ana.customer, double.customer, **NOW)
    rows = session.scalars(select(PortalInvitation).order_by(PortalInvitation.id)).all()
    assert [(row.contact_id, row.revoked_at) for row in rows] == [(ana.id, None), (ana.id, MONDAY)]


def test_what_either_of_them_did_not_want_by_email_stays_unwanted(double, ana, session):
    UnwantedEmail.choose(ana, ["work_done"], **NOW)
    UnwantedEmail.choose(double, ["work_done", "quote_reminder"], **NOW)
    merging.merge(ana.customer, double.customer, **NOW)
    assert UnwantedEmail.kinds_of(ana) == {"work_done", "quote_reminder"}


def test_equal_addresses_notes_and_stripe_customers_stay_unambiguous(double, ana, session):
    merge(ana, double)
    places = ana.customer.properties
    assert [place.archived_at for place in places] == [None, MONDAY]
    pinned = session.scalars(select(CustomerNote.text).where(CustomerNote.pinned)).all()
    assert pinned == ["Of Ana Ruiz"]
    stripe = session.execute(select(StripeCustomer.stripe_id).where(ana.customer.owns(StripeCustomer))).scalars().all()
    assert sorted(stripe) == [f"cus_{ana.id}", "cus_b"]


def test_the_pages_show_what_will_happen_then_do_it(browser_of, double, ana, olga):
    browser = browser_of(olga)
    assert "A. Ruiz" in browser.get(f"{PAGE}/1/merge?q=ruiz").text
    number = double.customer.number
    review = browser.get(f"{PAGE}/1/merge/{number}").text.replace("&#39;", "'")
    for words in ("Merge A. Ruiz into Ana Ruiz", "This can't be undone.", "Ana Ruiz is a contact of both"):
        assert words in review
    page = browser.post(f"{PAGE}/1/merge/{number}", follow_redirects=True).text
    assert "The customers are merged." in page
    assert "Carla Ruiz" in page
    assert "Merged with another customer" in browser.get(f"{PAGE}/1?show=changes").text
    for path in ("", "/edit", "/contacts/new", "/merge"):
        assert browser.get(f"{PAGE}/{number}{path}").location.endswith(f"{PAGE}/1")
    for show in ("active", "archived", "all"):
        assert "A. Ruiz" not in browser.get(f"{PAGE}?show={show}").text


def test_a_chain_of_merges_leads_to_the_last(browser_of, double, ana, ben, olga):
    number = double.customer.number
    merge(ana, double)
    merge(ben, ana)
    browser = browser_of(olga)
    assert browser.get(f"{PAGE}/{number}").location == browser.get(f"{PAGE}/1").location == f"{PAGE}/2"


@pytest.mark.parametrize("other", ["1", "3", "999"])
def test_a_customer_is_merged_only_with_another_of_the_company(browser_of, ana, cleo, olga, other):
    browser = browser_of(olga)
    assert browser.get(f"{PAGE}/1/merge/{other}").status_code in (303, 404)
    browser.post(f"{PAGE}/1/merge/{other}")
    db.session.expire_all()
    assert ana.customer.merged_into_id is None


def test_the_test_customer_is_not_merged(ana, double, session):
    test = Customer(company=ana.company, number=90_000_001, name="Test", is_test=True)
    session.add(test)
    session.flush()
    for kept, gone in ((ana.customer, test), (test, ana.customer)):
        with pytest.raises(Refused, match="test customer"):
            merging.merge(kept, gone, **NOW)


def test_a_form_filled_in_while_its_customer_is_merged_is_kept_for_the_other(browser_of, double, ana, olga, session):
    number, carla = double.customer.number, double.customer.contacts[1].id
    merge(ana, double)
    browser = browser_of(olga)
    browser.post(f"{PAGE}/{number}/notes", {"text": "Ring twice"})
    browser.post(f"{PAGE}/{number}/contacts", {"name": "Eve", "role": "read"})
    browser.post(
        f"{PAGE}/{number}/contacts/{carla}", {"name": "Carla R.", "email": "carla@example.com", "role": "full"}
    )
    assert session.scalars(select(CustomerNote.text).where(ana.customer.owns(CustomerNote))).all()[-1] == "Ring twice"
    assert {"Eve", "Carla R."} <= {contact.name for contact in ana.customer.present_contacts}
    response = browser.post(f"{PAGE}/{number}", {"name": "A. Ruiz-Okafor", "seen": '{"name": "A. Ruiz"}'})
    assert response.status_code == 422
    assert "A. Ruiz-Okafor" in response.text
    assert "Someone else just changed this to “Ana Ruiz”." in response.text


def test_the_number_of_a_merged_customer_archives_nobody(browser_of, double, ana, olga):
    number = double.customer.number
    merge(ana, double)
    browser = browser_of(olga)
    for verb in ("archive", "restore"):
        assert browser.post(f"{PAGE}/{number}/{verb}").location.endswith(f"{PAGE}/1")
    assert ana.customer.archived_at is None


def at_once(app, *doings) -> list[str]:
    """What became of each, done by a thread of its own at the same moment."""
    start = Barrier(len(doings))

    def run(do):
        with app.app_context():
            start.wait()
            try:
                do()
                db.session.commit()
            except Refused:
                db.session.rollback()
                return "refused"
            return "done"

    with ThreadPoolExecutor(len(doings)) as crowd:
        return sorted(crowd.map(run, doings))


def customers(*ids: int) -> list[Customer]:
    return [db.session.get_one(Customer, customer_id) for customer_id in ids]


def test_of_two_merges_at_once_the_second_is_refused(app, double, ana, session, slow_writing):
    ids = ana.customer_id, double.customer_id
    session.rollback()
    outcomes = at_once(
        app,
        lambda: merging.merge(*customers(*ids), **NOW),
        lambda: merging.merge(*customers(*ids[::-1]), **NOW),
    )
    assert outcomes == ["done", "refused"]
    merged = session.scalars(select(Customer.merged_into_id).where(Customer.merged_into_id.is_not(None))).all()
    assert len(merged) == 1


def test_a_contact_added_during_a_merge_is_not_lost(app, double, ana, session, slow_writing):
    ids = ana.customer_id, double.customer_id
    session.rollback()

    def add():
        customers(ids[1])[0].add_contact("Eve", email="eve@example.com", **NOW)

    outcomes = at_once(app, lambda: merging.merge(*customers(*ids), **NOW), add)
    session.expire_all()
    there = "Eve" in [contact.name for contact in ana.customer.present_contacts]
    assert there == (outcomes == ["done", "done"])  # else it was refused, and the page does it again


def test_what_a_slow_request_adds_to_a_merged_customer_is_moved_a_minute_later(double, ana, monday, work, session):
    gone = double.customer
    merge(ana, double)
    late = builders.invoice(Namesake(gone))
    assert late.customer_id == gone.id
    session.commit()
    monday.shift(61)
    work()
    session.expire_all()
    assert late.customer_id == ana.customer_id


class Namesake:
    """A contact as the builders take it, of a customer that was merged."""

    def __init__(self, customer):
        self.customer, self.company = customer, customer.company


def test_what_was_begun_for_a_merged_customer_goes_to_the_kept_one(ana, ben, olga, browser_of, session):
    browser = browser_of(olga)
    merge(ana, ben)
    number = ben.customer.number
    assert "Ana Ruiz" in browser.get(f"/office/quotes/new?customer={number}").text
    assert browser.post("/office/quotes", {"customer": number, "title": "Fence"}).status_code == 303
    assert browser.post("/office/invoices/new", {"customer": number, "title": "Fence"}).status_code == 303
    assert "Ana Ruiz" in browser.get(f"/office/schedule/new?customer={number}").text
    for table in (Quote, Invoice):
        assert session.scalars(select(table.customer_id)).all() == [ana.customer_id]


@pytest.mark.parametrize("number", ["9" * 40, "-1", "0", "2147483648", "²", "x"])
def test_a_number_that_no_customer_has_is_not_found(world, browser_of, number):
    browser = browser_of(world.olga)
    for path in ("quotes", "invoices", "schedule"):
        assert browser.get(f"/office/{path}/new?customer={number}").status_code == 404
    for path in ("quotes", "invoices/new", "schedule/new"):
        assert browser.post(f"/office/{path}", {"customer": number, "title": "Fence"}).status_code == 404
