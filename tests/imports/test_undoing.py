"""Undoing an import: what it added goes, what it changed comes back, unless something was done since."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.customers.search import SearchPiece
from sergio.extensions import Model
from sergio.imports.models import CustomerImport, ImportLine
from sergio.imports.state import LINKS, OWN
from sergio.lib import clock
from tests.factories import by
from tests.imports.builders import counts, customer, imported, names, table
from tests.invoices import builders as invoices
from tests.quotes import builders as quotes
from tests.snapshot import digests

FOLLOWS = (
    "company_version",
    "number_series",
    "audit_entry",
    "customer_import",
    "import_line",
    "job",
    "rate_limit_window",
)
HEADINGS = ("Number", "Name", "Contact name", "Email", "Phone", "Street", "Notes")
ROWS = (
    ("1000", "Dora Lind", "", "dora@example.com", "2075550123", "9 Elm Street", "Gate: 4711"),
    ("1001", "Mill Dental", "Eve Mill", "eve@mill.example", "", "1 Mill Street", ""),
    ("1001", "Mill Dental", "Accounting", "pay@mill.example", "", "2 Mill Street", ""),
    ("", "Ana Ruiz-Lopez", "", "ana@example.com", "2075550199", "1 New Lane", "Two dogs"),
)
KEEPS = {
    "a quote": lambda contact, olga: quotes.sent(contact),
    "an invoice": lambda contact, olga: invoices.invoice(contact, at=clock.now()),
    "another name": lambda contact, olga: contact.customer.rename("Dora L.", by=by(olga), at=clock.now()),
    "another contact": lambda contact, olga: contact.customer.add_contact("Finn", by=by(olga), at=clock.now()),
    "a note": lambda contact, olga: CustomerNote.write(contact.customer, "Nice", by=by(olga), at=clock.now()),
}


def undo(office, work, path: str):
    response = office.post(f"{path}/undo")
    assert response.location == path, response.text
    work()


def test_everything_is_as_before(office, work, ana, session):
    session.commit()
    before = digests(*FOLLOWS)
    path = imported(office, work, table(HEADINGS, *ROWS), existing="update")
    assert counts() == {"add": 2, "further": 1, "update": 1}
    assert digests(*FOLLOWS) != before
    undo(office, work, path)
    after = digests(*FOLLOWS)
    assert {name for name in after if before[name] != after[name]} == set()
    page = office.get(path).text
    assert "2 customers were removed" in page
    assert {name: counts().get(name) for name in ("removed", "restored", "kept")} == {
        "removed": 2,
        "restored": 1,
        "kept": None,
    }
    removed = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "removed")
    assert session.scalar(removed.where(AuditEntry.subject == "customer")) == 2


@pytest.mark.parametrize("what", KEEPS)
def test_a_customer_with_whom_something_was_done_stays(office, work, olga, session, what):
    path = imported(office, work, table(HEADINGS, *ROWS))
    KEEPS[what](customer("Dora Lind").contacts[0], session.merge(olga))
    session.commit()
    undo(office, work, path)
    assert len(names()) == 1
    assert counts()["kept"] == counts()["removed"] == 1
    assert "Dora L" in office.get(f"{path}?show=kept").text
    assert "Dora L" in office.get(f"{path}/kept.csv").text


def test_what_was_changed_again_since_stays(office, work, ana, session):
    path = imported(office, work, table(HEADINGS, ROWS[3]), existing="update")
    contact = customer("Ana Ruiz-Lopez").contacts[0]
    contact.phone = "+12075550111"
    session.commit()
    undo(office, work, path)
    renamed = customer("Ana Ruiz")
    assert [(each.name, each.phone) for each in renamed.contacts] == [("Ana Ruiz-Lopez", "+12075550111")]
    assert [place.street for place in renamed.properties] == ["7 Pine Road"]
    assert "It was changed since." in office.get(f"{path}?show=kept").text


def test_it_is_possible_for_a_week(office, work):
    path = imported(office, work, table(HEADINGS, *ROWS[:2]))
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=False):
        refused = office.post(f"{path}/undo", headers={"Referer": office.base_url[:-1] + path})
        assert refused.location == path
        assert "This import can no longer be undone." in office.get(path).text
    assert names() == ["Dora Lind", "Mill Dental"]


def test_an_import_is_undone_once(office, work, session):
    path = imported(office, work, table(HEADINGS, *ROWS[:2]))
    assert office.post(f"{path}/undo").status_code == 303
    assert office.post(f"{path}/undo").status_code == 303
    work()
    assert names() == []
    session.rollback()
    started = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "undo_started")
    assert session.scalar(started) == 1


def test_no_word_of_them_is_found_afterwards(office, work, session):
    rows = [("Name",), *([f"Customer {number}"] for number in range(5))]
    path = imported(office, work, table(*rows))
    undo(office, work, path)
    assert names() == []
    assert session.scalars(select(SearchPiece).where(SearchPiece.piece.like("customer %"))).all() == []


def test_every_table_that_refers_to_a_customer_is_asked(app, session):
    """A foreign key to a part of a customer stands in a column whose name `uses` looks for."""
    own = {model.__tablename__ for model in OWN}
    for name in Model.metadata.tables:
        for key in Model.metadata.tables[name].foreign_key_constraints:
            if key.referred_table.name in own and name not in own:
                column = next(each for each in key.column_keys if each != "company_id")
                assert LINKS.get(column) == key.referred_table.name, (name, column)


def test_the_lines_are_gone_after_a_week_and_the_customers_are_not(office, work, session):
    path = imported(office, work, table(HEADINGS, *ROWS[:2]))
    row = session.scalars(select(CustomerImport)).one()
    assert row.kept_until - row.ended_at == timedelta(days=7)
    row.expire(clock.now())
    session.commit()
    assert session.scalars(select(ImportLine)).all() == []
    assert "The lines were deleted after a week." in office.get(path).text
    refused = office.get(f"{path}/mistakes.csv", headers={"Referer": office.base_url[:-1] + path})
    assert refused.location == path
    assert [session.scalar(select(func.count()).select_from(each)) for each in (Customer, Contact, Property)] == [
        5,
        5,
        5,
    ]
