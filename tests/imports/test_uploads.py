"""Uploads: hostile files, limits, who may, and forms that were open for too long."""

import pytest
from sqlalchemy import select

from sergio.files.models import StoredFile
from sergio.imports.csv_file import LARGEST
from sergio.imports.models import CustomerImport, ImportLine
from tests.imports.builders import PAGE, columns_of, counts, imported, names, previewed, table, upload
from tests.imports.test_csv_file import REFUSED

FILE = table(("Name", "Email"), ("Dora Lind", "dora@example.com"))
TOO_LARGE = "This file is larger than 5 MB. Split it into several files."


@pytest.mark.parametrize("what", ["nothing", "a ZIP file", "a million columns", "a line of megabytes"])
def test_a_hostile_file_is_refused_beside_the_field(office, session, what):
    content, words = REFUSED[what]
    page = upload(office, content, "customers.csv")
    assert page.status_code == 422
    assert (words if content else "Choose a file first.") in page.text
    assert session.scalars(select(CustomerImport)).all() == session.scalars(select(StoredFile)).all() == []


def test_a_file_that_is_too_large_is_refused_beside_the_field(office):
    page = upload(office, b"Name\n" + b"x" * LARGEST)
    assert (page.status_code, TOO_LARGE in page.text) == (422, True)
    unread = upload(office, b"x" * 7_000_000)
    assert unread.location == f"{PAGE}?too_large=1"
    assert TOO_LARGE in office.get(unread.location).text


def test_the_file_is_kept_encrypted(office, session):
    upload(office, FILE)
    [file] = session.scalars(select(StoredFile)).all()
    assert b"Dora" not in file.encrypted
    assert file.content == FILE


def test_names_of_files_and_values_are_text(office, work):
    evil = "<script>alert(1)</script>"
    rows = [(evil, "Name", "Email"), (evil, f"{evil} Ltd", "dora@example.com"), ("", "=1+1", "x@")]
    place = upload(office, table(*rows), f"../{evil}\u202e.csv").location
    page = office.get(place)
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    office.post(place, {**columns_of(page), "column_0": "keep", "existing": "skip"})
    work()
    path = place.removesuffix("/columns")
    for show in ("add", "error"):
        assert "<script>alert" not in office.get(f"{path}?show={show}").text
    assert "'=1+1" in office.get(f"{path}/mistakes.csv").text


def test_ten_thousand_mistakes_are_listed_page_by_page(office, work):
    path = previewed(office, work, table(("Name", "Email"), *(("Dora", f"x{number}@") for number in range(10_000))))
    assert counts() == {"error": 10_000}
    first = office.get(path).text
    assert "Line 2" in first
    assert "Import now" not in first
    assert office.get(f"{path}/mistakes.csv").text.count("is not an email address") == 10_000


def test_more_than_a_hundred_lines_about_one_customer_are_too_many(office, work):
    rows = [("Number", "Name", "Street"), *(("7", "Dora", f"{number} Elm Street") for number in range(150))]
    imported(office, work, table(*rows))
    assert counts() == {"add": 1, "further": 99, "error": 50}


def test_a_technician_may_not_import_or_download(browser_of, theo, office, work):
    path = previewed(office, work, FILE)
    theirs = browser_of(theo)
    for page in (
        PAGE,
        path,
        f"{path}/columns",
        f"{path}/mistakes.csv",
        "/office/customers.csv",
        "/office/payments.csv",
    ):
        assert theirs.get(page).status_code == 403, page
    for action in ("start", "cancellation", "undo", "columns"):
        assert theirs.post(f"{path}/{action}").status_code == 403
    assert upload(theirs, FILE).status_code == 403
    assert counts() == {"add": 1}


def test_the_office_may_import(browser_of, nora, work):
    imported(browser_of(nora), work, FILE)
    assert names() == ["Dora Lind"]


def test_an_import_of_another_company_does_not_exist(browser_of, world, office, work):
    path = previewed(office, work, FILE)
    rita = browser_of(world.rita)
    for page in (path, f"{path}/columns", f"{path}/mistakes.csv", f"{path}/kept.csv"):
        assert rita.get(page).status_code == 404
    for action in ("start", "cancellation", "undo", "columns"):
        assert rita.post(f"{path}/{action}").status_code == 404


def test_customers_of_another_company_are_not_recognized(browser_of, world, work):
    previewed(browser_of(world.rita), work, table(("Name", "Email"), ("Ana Ruiz", "ana@example.com")))
    assert counts() == {"add": 1}


def test_a_form_that_was_open_for_too_long_loses_nothing(office, session):
    place = upload(office, table(("Name", "Town"), ("Ana", "Bath"))).location
    form = {**columns_of(office.get(place)), "column_1": "city", "existing": "update", "csrf_token": "old"}
    page = office.post(place, form)
    assert page.status_code == 422
    assert columns_of(page)["column_1"] == "city"
    assert "This page was open for too long" in page.text
    unsent = upload(office, FILE, csrf_token="old")
    assert unsent.status_code == 422
    session.rollback()
    assert [row.status for row in session.scalars(select(CustomerImport))] == ["uploaded"]
    assert session.scalars(select(ImportLine)).all() == []


def test_fields_that_the_form_does_not_have_change_nothing(office, work, session):
    place = upload(office, FILE).location
    form = {
        **columns_of(office.get(place)),
        "existing": "skip",
        "column_7": "email",
        "status": "finished",
        "company_id": "2",
    }
    assert office.post(place, form).status_code == 303
    work()
    assert counts() == {"add": 1}
    session.rollback()
    assert session.scalars(select(CustomerImport.columns)).all() == [["name", "email"]]


def test_something_that_is_no_file_is_refused(office):
    answer = office.post(PAGE, {"file": "Name,Email"})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text
