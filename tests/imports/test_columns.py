"""Guessing what the columns of a file are."""

import pytest

from sergio.imports import columns, csv_file
from tests.imports.builders import table

EXPORTS = {
    "Jobber": (
        *("J-ID", "Display Name", "Company Name", "First Name", "Last Name", "Main Phone #", "Email", "Mobile Phone #"),
        *("Billing Street 1", "Billing City", "Service Street 1", "Service Street 2", "Service City", "Service State"),
        *("Service Zip code", "Tags"),
    ),
    "Housecall Pro": (
        *("First Name", "Last Name", "Company", "Email", "Mobile Number", "Home Number", "Address Street Line 1"),
        *("Address Street Line 2", "Address City", "Address State", "Address Postal Code", "Customer notes"),
    ),
    "Invoice Ninja": (
        *("client.name", "client.number", "client.address1", "client.address2", "client.city", "client.state"),
        *("client.postal_code", "contact.first_name", "contact.last_name", "contact.email", "contact.phone"),
        "client.private_notes",
    ),
    "QuickBooks": ("Customer", "Company", "Email", "Phone", "Mobile", "Street", "City", "State", "ZIP", "Country"),
    "Google Contacts": (
        *("Name", "Given Name", "Family Name", "E-mail 1 - Value", "Phone 1 - Value", "Address 1 - Street"),
        *("Address 1 - City", "Address 1 - Region", "Address 1 - Postal Code", "Organization 1 - Name", "Notes"),
    ),
}
GUESSED = {
    "Jobber": (
        *("number", "name", "company", "first", "last", "phone", "email", "mobile"),
        *("", "", "street", "street_2", "city", "region", "postal_code", ""),
    ),
    "Housecall Pro": (
        *("first", "last", "company", "email", "mobile", "phone", "street"),
        *("street_2", "city", "region", "postal_code", "note"),
    ),
    "Invoice Ninja": (
        *("name", "number", "street", "street_2", "city", "region"),
        *("postal_code", "first", "last", "email", "phone", "note"),
    ),
    "QuickBooks": ("name", "company", "email", "phone", "mobile", "street", "city", "region", "postal_code", ""),
    "Google Contacts": (
        *("name", "first", "last", "email", "phone", "street", "city", "region", "postal_code", "company", "note"),
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_the_headings_of_other_programs_are_known(program):
    file = csv_file.read(table(EXPORTS[program], ["x"] * len(EXPORTS[program])))
    assert columns.has_headings(file)
    assert columns.guess(file, headings=True) == list(GUESSED[program])


def test_the_headings_of_our_own_file_are_known():
    own = [kind for kind in columns.KINDS if kind not in columns.REPEATABLE]
    file = csv_file.read(table([columns.KINDS[kind] for kind in own], ["x"] * len(own)))
    assert columns.guess(file, headings=True) == own


def test_columns_without_headings_are_known_by_their_values():
    rows = [
        ("Ana Ruiz", "ana@example.com", "(207) 555-0171", "7 Pine Road", "Portland", "ME", "04101"),
        ("Ben Okafor", "ben@example.com", "207-555-0188", "21 Birch Street", "Bath", "ME", "04530-1234"),
    ]
    file = csv_file.read(table(*rows))
    assert not columns.has_headings(file)
    found = columns.guess(file, headings=False)
    assert found == ["name", "email", "phone", "street", "", "region", "postal_code"]


def test_a_heading_nobody_knows_is_guessed_by_email_addresses_and_phone_numbers_only():
    file = csv_file.read(
        table(("Name", "Reach them at", "Or at", "Colour"), ("Ana", "ana@example.com", "207 555 0171", "Red"))
    )
    assert columns.guess(file, headings=True) == ["name", "email", "phone", ""]


def test_a_heading_that_stands_there_twice_counts_once():
    file = csv_file.read(table(("Name", "Email", "Email", "Notes", "Notes"), ("x",) * 5))
    assert columns.guess(file, headings=True) == ["name", "email", "", "note", "note"]


def test_samples_are_different_values():
    file = csv_file.read(table(("City",), *[("Bath",)] * 10, ("Portland",), ("",), ("Saco",), ("York",)))
    assert columns.samples(file, headings=True) == [["Bath", "Portland", "Saco"]]
