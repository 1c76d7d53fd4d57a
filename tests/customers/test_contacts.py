"""The contacts of a customer in the office: adding, changing and removing them, also two people at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, select

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.customers.models import Contact, Customer
from sergio.database.engines import Session, sqlite_engine
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused

CONTACTS = "/office/customers/1/contacts"
CARLA = {"name": "Carla Ruiz", "email": "carla@example.com", "phone": "207-555-0188", "role": "billing"}


def contacts_of(person) -> list[Contact]:
    db.session.expire_all()
    return person.customer.contacts


def test_a_contact_is_added_with_a_role(browser_of, ana, olga):
    browser = browser_of(olga)
    assert browser.get(f"{CONTACTS}/new").status_code == 200
    page = browser.post(CONTACTS, {**CARLA, "gets_receipts": "y"}, follow_redirects=True).text
    assert "Carla Ruiz is now a contact." in page
    for words in ("carla@example.com", "(207) 555-0188", "Billing only"):
        assert words in page
    carla = contacts_of(ana)[1]
    assert (carla.role, carla.phone, carla.gets_receipts) == ("billing", "+12075550188", True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter the contact's name."),
        ({"email": "nobody"}, "Enter a valid email address"),
        ({"phone": "1"}, "Enter a valid phone number"),
        ({"role": "owner"}, "Not a valid choice"),
        ({"email": "ANA@example.com"}, "Ana Ruiz already has this email address."),
    ],
)
def test_wrong_input_gets_a_sentence_and_loses_nothing(browser_of, ana, olga, wrong, sentence):
    response = browser_of(olga).post(CONTACTS, {**CARLA, **wrong})
    page = response.text.replace("&#39;", "'")
    assert response.status_code == 422
    assert sentence in page
    assert {**CARLA, **wrong}["phone"] in page
    assert len(contacts_of(ana)) == 1


def test_another_email_address_ends_the_sign_ins_with_the_old_one(browser_of, ana, olga):
    anas = browser_of(ana)
    assert anas.get("/portal/").status_code == 200
    changed = {**CARLA, "name": "Ana Ruiz", "email": "ana.ruiz@example.com", "role": "full"}
    assert browser_of(olga).post(f"{CONTACTS}/{ana.id}", changed).status_code == 303
    assert "/portal/sign-in" in anas.get("/portal/").location


def test_the_last_contact_who_may_do_everything_stays(browser_of, ana, olga):
    browser = browser_of(olga)
    response = browser.post(f"{CONTACTS}/{ana.id}", {**CARLA, "email": "ana@example.com", "role": "read"})
    sentence = "A customer needs at least one contact who can do everything. Add another one first."
    assert response.status_code == 422
    assert sentence in response.text
    assert sentence in browser.post(f"{CONTACTS}/{ana.id}/removal", follow_redirects=True).text
    browser.post(CONTACTS, {**CARLA, "role": "full"})
    assert "Ana Ruiz is removed" in browser.post(f"{CONTACTS}/{ana.id}/removal", follow_redirects=True).text
    assert browser.get(f"{CONTACTS}/{ana.id}").status_code == 404


def test_who_left_can_no_longer_sign_in_and_comes_back_under_the_same_address(browser_of, ana, olga, session):
    browser = browser_of(olga)
    browser.post(CONTACTS, {**CARLA, "role": "full"})
    carla = contacts_of(ana)[1]
    carlas = browser_of(carla)
    browser.post(f"{CONTACTS}/{carla.id}/removal")
    assert "/portal/sign-in" in carlas.get("/portal/").location
    browser.post(CONTACTS, {**CARLA, "name": "Carla Okafor"})
    assert [(row.id, row.name, row.role) for row in contacts_of(ana)[1:]] == [(carla.id, "Carla Okafor", "billing")]
    actions = select(AuditEntry.action).where(AuditEntry.subject == "contact").order_by(AuditEntry.id)
    assert session.scalars(actions).all() == ["created", "removed", "restored"]


def test_several_contacts_may_have_no_email_address(browser_of, ana, olga):
    browser = browser_of(olga)
    for name in ("Carla Ruiz", "Dan Ruiz"):
        assert browser.post(CONTACTS, {"name": name, "role": "read"}).status_code == 303
    assert [contact.email_key for contact in contacts_of(ana)] == ["ana@example.com", None, None]


def test_a_technician_changes_nothing(browser_of, ana, theo):
    browser = browser_of(theo)
    for path in (CONTACTS, f"{CONTACTS}/{ana.id}", f"{CONTACTS}/{ana.id}/removal", "/office/customers/1/notes"):
        assert browser.post(path, CARLA).status_code == 403
    assert [contact.name for contact in contacts_of(ana)] == ["Ana Ruiz"]


def test_the_contact_of_another_customer_is_not_found_under_this_one(browser_of, ana, ben, olga):
    assert browser_of(olga).get(f"{CONTACTS}/{ben.id}").status_code == 404
    assert browser_of(olga).post(f"{CONTACTS}/{ben.id}/removal").status_code == 404


@pytest.fixture
def unguarded(app, monkeypatch):
    """Without the row lock and SQLite's immediate transaction, which keep two writers apart."""
    monkeypatch.setattr(Customer, "lock", lambda customer: None)
    config = app.config["SERGIO"]
    if config.database_url:
        yield
        return
    engine = create_engine(**sqlite_engine(config.database_path, config.cipher_key, query_only=False))
    monkeypatch.setattr(Session, "get_bind", lambda session, *args, **kwargs: engine)
    yield
    engine.dispose()


def add_at_once(app, customer_id: int) -> list[str]:
    """What became of adding the same email address twice, by two threads at the same moment."""
    start = Barrier(2)

    def add(name):
        with app.app_context():
            start.wait()
            try:
                customer = db.session.get_one(Customer, customer_id)
                customer.add_contact(name, email="carla@example.com", by=BY_SYSTEM, at=clock.now())
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                return "refused" if isinstance(error, Refused) else type(error).__name__
            return "done"

    with ThreadPoolExecutor(2) as crowd:
        return sorted(crowd.map(add, ("Carla Ruiz", "Carla R.")))


def test_of_two_who_add_the_same_address_at_once_one_is_told(app, ana, session, slow_writing):
    customer_id = ana.customer_id
    session.commit()
    assert add_at_once(app, customer_id) == ["done", "refused"]
    assert [contact.email for contact in contacts_of(ana)] == ["ana@example.com", "carla@example.com"]


def test_control_without_the_lock_the_second_gets_an_error(app, ana, session, slow_writing, unguarded):
    customer_id = ana.customer_id
    session.commit()
    assert add_at_once(app, customer_id) != ["done", "refused"]
