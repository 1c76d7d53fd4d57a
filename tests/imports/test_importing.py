"""Importing customers, from the file to the report."""

import csv
import io

import pytest
from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.imports.models import CustomerImport, ImportLine
from sergio.lib import clock
from tests.factories import by
from tests.imports.builders import PAGE, columns_of, counts, customer, imported, names, previewed, table, upload

HEADINGS = ("Name", "Contact name", "Email", "Phone", "Street", "City", "State", "Zip", "Notes", "Tags")
DORA = (
    "Dora Lind",
    "",
    "dora@example.com",
    "(207) 555-0123",
    "9 Elm Street",
    "Bath",
    "ME",
    "04530",
    "Gate: 4711",
    "VIP",
)
MILL = ("Mill Dental", "Eve Mill", "eve@mill.example", "", "", "", "", "", "", "")


def test_a_file_becomes_customers_with_contacts_addresses_and_notes(office, work, olga, session):
    path = imported(office, work, table(HEADINGS, DORA, MILL), column_9="keep")
    assert names() == ["Dora Lind", "Mill Dental"]
    dora, mill = customer("Dora Lind"), customer("Mill Dental")
    [contact], [place] = dora.contacts, dora.properties
    assert (contact.name, contact.email, contact.phone, contact.role) == (
        "Dora Lind",
        "dora@example.com",
        "+12075550123",
        "full",
    )
    assert place.address == "9 Elm Street, Bath, ME 04530"
    assert mill.contacts[0].name == "Eve Mill"
    assert mill.properties == []
    assert session.scalars(select(CustomerNote.text)).all() == ["Gate: 4711\nTags: VIP"]
    assert "2 customers were added" in office.get(path).text
    assert session.scalars(select(StoredFile)).all() == []
    entries = session.execute(select(AuditEntry.action, AuditEntry.subject, AuditEntry.actor_name)).all()
    assert entries.count(("imported", "customer", "Olga Petrova")) == 2
    assert entries.count(("imported", "customer_import", "Olga Petrova")) == 1


def test_imported_customers_are_found_by_a_search(office, work):
    imported(office, work, table(HEADINGS, DORA))
    assert "Dora Lind" in office.get("/office/customers?q=dora").text
    assert "Dora Lind" in office.get("/office/customers?q=elm").text


def test_the_preview_says_what_will_happen_and_writes_nothing(office, work, ana, session):
    rows = [
        HEADINGS,
        DORA,
        ("Ana R.", "", "ANA@example.com", "", "", "", "", "", "", ""),
        ("ana ruiz", "", "", "", "7 Pine Road", "Portland", "", "", "", ""),
        ("Dora again", "", "dora@example.com", "", "", "", "", "", "", ""),
        ("Finn", "", "finn@", "555", "", "", "", "", "", ""),
        ("", "", "g@example.com", "", "", "", "", "", "", ""),
        ("x" * 121, "", "", "", "", "", "", "", "", ""),
    ]
    path = previewed(office, work, table(*rows))
    page = office.get(path).text
    assert "1 customer will be added" in page
    assert counts() == {"add": 1, "skip": 3, "error": 3}
    assert names() == []
    for sentence in (
        "“finn@” is not an email address. “555” is not a phone number. Include the area code.",
        "There is no name.",
        "Customer name is longer than 120 characters.",
    ):
        assert sentence in page
    skipped = office.get(f"{path}?show=skip").text
    assert skipped.count("Already a customer: Ana Ruiz (number 1).") == 2
    assert "The same email address as line 2." in skipped
    assert session.scalar(select(func.count()).select_from(Customer)) == 3


def test_lines_with_mistakes_are_downloaded_mended_and_uploaded_again(office, work):
    rows = [HEADINGS, DORA, ("=Finn", *("finn@" if name == "Email" else "" for name in HEADINGS[1:]))]
    path = imported(office, work, table(*rows))
    file = office.get(f"{path}/mistakes.csv")
    head, line = csv.reader(io.StringIO(file.data.decode("utf-8-sig"), newline=""))
    assert head == [*HEADINGS, "Reason"]
    assert line[-1] == "Line 3: “finn@” is not an email address."
    assert line[0] == "'=Finn"
    imported(office, work, file.data.replace(b"finn@,", b"finn@example.com,"))
    assert names() == ["Dora Lind", "=Finn"]


def test_existing_customers_are_updated_and_nothing_is_taken_away(office, work, ana, session):
    rows = [
        HEADINGS,
        ("Ana Ruiz-Lopez", "", "ana@example.com", "207 555 0199", "1 New Lane", "Saco", "ME", "04072", "Two dogs", ""),
        ("Ben Okafor", "Bo Berg", "bo@example.com", "", "7 Pine Road", "Portland", "", "", "", ""),
    ]
    path = imported(office, work, table(*rows), existing="update")
    assert names() == ["Ana Ruiz-Lopez"]
    renamed = customer("Ana Ruiz-Lopez")
    assert [(each.name, each.phone) for each in renamed.contacts] == [("Ana Ruiz-Lopez", "+12075550199")]
    assert [place.street for place in renamed.properties] == ["7 Pine Road", "1 New Lane"]
    assert sorted(each.name for each in customer("Ben Okafor").contacts) == ["Ben Okafor", "Bo Berg"]
    assert session.scalars(select(CustomerNote.text)).all() == ["Two dogs"]
    assert "2" in office.get(path).text
    again = previewed(office, work, table(*rows), existing="update")
    assert counts() == {"skip": 2}
    assert "There is nothing to change." in office.get(again).text


def test_a_business_is_not_renamed_after_its_contact(office, work, ana, session):
    ana.customer.name = "Harbor Dental"
    session.commit()
    imported(office, work, table(("Name", "Email"), ("Ana Ruiz-Lopez", "ana@example.com")), existing="update")
    assert customer("Harbor Dental").contacts[0].name == "Ana Ruiz-Lopez"


def test_several_lines_with_one_number_are_one_customer(office, work, session):
    rows = [
        ("Number", "Name", "Contact", "Email", "Access", "Street"),
        ("17", "Mill Dental", "Eve Mill", "eve@mill.example", "", "1 Mill Street"),
        ("17", "Mill Dental", "Accounting", "pay@mill.example", "Billing only", "2 Mill Street"),
        ("17", "Mill Dental", "", "", "", "3 Mill Street"),
        ("17", "Someone Else", "", "", "", ""),
    ]
    imported(office, work, table(*rows))
    assert names() == ["Mill Dental", "Someone Else"]
    mill = customer("Mill Dental")
    assert [(each.name, each.role) for each in mill.contacts] == [("Eve Mill", "full"), ("Accounting", "billing")]
    assert [place.street for place in mill.properties] == ["1 Mill Street", "2 Mill Street", "3 Mill Street"]
    assert counts() == {"add": 2, "further": 2}


def test_several_email_addresses_in_a_cell_are_several_contacts(office, work):
    rows = [("Name", "Email", "Phone", "Mobile"), ("Dora", "d@example.com; e@example.com", "2075550123", "2075550124")]
    imported(office, work, table(*rows))
    dora = customer("Dora")
    assert [(each.email, each.phone) for each in dora.contacts] == [
        ("d@example.com", "+12075550124"),
        ("e@example.com", ""),
    ]


def test_a_file_without_names_or_with_a_column_twice_is_not_checked(office, session):
    place = upload(office, table(("Email", "Name"), ("ana@example.com", "Ana"))).location
    chosen = columns_of(office.get(place))
    twice = office.post(place, {**chosen, "column_0": "name", "existing": "skip"})
    assert twice.status_code == 422
    assert "Two columns are “Customer name”. Choose one of them." in twice.text
    none = office.post(place, {**chosen, "column_1": "", "existing": "skip"})
    assert none.status_code == 422
    assert "Choose which column has the customers" in none.text
    for wrong in ({"column_0": "sql"}, {"existing": "drop"}, {"existing": ""}):
        assert office.post(place, {**chosen, "existing": "skip", **wrong}).status_code == 422
    session.rollback()
    assert session.scalars(select(CustomerImport.status)).all() == ["uploaded"]


def test_the_second_of_two_who_change_the_columns_is_told(office, work):
    place = upload(office, table(("Name", "Town"), ("Ana", "Bath"))).location
    form = {**columns_of(office.get(place)), "existing": "skip"}
    assert office.post(place, {**form, "column_1": "city"}).status_code == 303
    second = office.post(place, {**form, "column_1": "note"})
    assert second.status_code == 422
    assert "Someone else just changed the columns." in second.text
    again = columns_of(second)
    assert again["column_1"] == "note"
    assert office.post(place, {**again, "existing": "skip"}).status_code == 303
    work()
    assert counts() == {"add": 1}


@pytest.mark.parametrize("access", ["Billing only", "king"])
def test_the_first_contact_of_a_customer_needs_all_access(office, work, access):
    rows = [("Name", "Access"), ("Dora", access), ("Eve", "")]
    previewed(office, work, table(*rows))
    assert counts() == {"add": 1, "error": 1}


def test_who_was_added_in_the_meantime_is_not_added_again(office, work, sparkle, olga, session):
    path = previewed(office, work, table(HEADINGS, DORA, MILL))
    Customer.create(sparkle, "Dora L.", email="dora@example.com", by=by(olga), at=clock.now())
    session.commit()
    office.post(f"{path}/start")
    work()
    assert names() == ["Dora L.", "Mill Dental"]
    assert "Dora L. was added in the meantime." in office.get(f"{path}?show=skip").text


def test_a_number_in_a_file_is_none_of_those_its_customers_get(office, work, sparkle):
    """The first line gets the number that the second one has in the file."""
    following = sparkle.next_number("customer") + 1
    rows = [("Number", "Name", "Email"), ("9000", "Dora", "a@example.com"), (str(following), "Dora", "b@example.com")]
    imported(office, work, table(*rows))
    assert names() == ["Dora", "Dora"]


def test_an_import_is_started_once_and_stopped_lines_are_not_imported(office, work, session):
    path = previewed(office, work, table(("Name",), *([f"Customer {number}"] for number in range(150))))
    assert office.post(f"{path}/start").status_code == 303
    twice = office.post(f"{path}/start", headers={"Referer": office.base_url[:-1] + path})
    assert twice.location == path
    assert "Someone else just did that" in office.get(path).text
    assert office.post(f"{path}/cancellation").status_code == 303
    work()
    assert names() == []
    assert "Import stopped" in office.get(path).text
    session.rollback()
    assert counts() == {"skip": 150}


def test_a_file_can_be_deleted_before_it_is_imported(office, work, session):
    path = previewed(office, work, table(HEADINGS, DORA))
    assert office.post(f"{path}/cancellation").location == PAGE
    assert session.scalars(select(StoredFile)).all() == session.scalars(select(ImportLine)).all() == []
    assert "Nothing was imported" in office.get(path).text


def test_the_list_of_imports_and_the_pages_cost_few_statements(office, work, statements):
    path = imported(office, work, table(HEADINGS, DORA, MILL))
    for page in (PAGE, path, f"{path}?show=add"):
        with statements() as seen:
            assert office.get(page).status_code == 200
        assert len(seen) <= 3, seen


def test_every_row_of_an_import_counts_in_the_database(office, work, session):
    imported(office, work, table(HEADINGS, DORA, MILL))
    tables = (Customer, Contact, Property)
    assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == [5, 5, 4]
    assert db.session.scalar(select(func.count()).select_from(ImportLine)) == 2
