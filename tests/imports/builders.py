"""Files for tests, and the steps of importing them."""

import csv
import io
import re

from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.imports.models import CustomerImport
from tests.browser import SAME_ORIGIN

PAGE = "/office/customers/import"


def table(*rows, separator=",") -> bytes:
    """Rows as a CSV file."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows(rows)
    return written.getvalue().encode()


def upload(browser, content: bytes, name: str = "customers.csv", **more):
    """POST the form with a file."""
    fields = {"csrf_token": browser.csrf_token(), "file": FileStorage(io.BytesIO(content), name), **more}
    boundary, body = encode_multipart(fields)
    sent = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
    return browser._open(PAGE, "POST", SAME_ORIGIN, sent)


def columns_of(page) -> dict[str, str]:
    """What the page of the columns has chosen, and its other fields."""
    found = {}
    for name, options in re.findall(r'<select[^>]*name="(column_\d+)"[^>]*>(.*?)</select>', page.text, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    found["revision"] = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)[1]
    if re.search(r'<input[^>]*name="has_headings"[^>]*checked|<input[^>]*checked[^>]*name="has_headings"', page.text):
        found["has_headings"] = "y"
    return found


def previewed(browser, work, content: bytes, **chosen) -> str:
    """Upload a file, take the columns as guessed, and have it checked; the path of the import."""
    response = upload(browser, content)
    assert response.status_code == 303, response.text
    page = browser.get(response.location)
    form = {**columns_of(page), "existing": "skip", **chosen}
    checked = browser.post(response.location, form)
    assert checked.status_code == 303, checked.text
    work()
    return checked.location


def imported(browser, work, content: bytes, **chosen) -> str:
    """The same, and import it."""
    path = previewed(browser, work, content, **chosen)
    assert browser.post(f"{path}/start").status_code == 303
    work()
    return path


def names() -> list[str]:
    """The names of all customers but those of the world, in the order of their numbers."""
    db.session.rollback()
    world = ("Ana Ruiz", "Ben Okafor", "Cleo Martin")
    return [name for name in db.session.scalars(select(Customer.name).order_by(Customer.number)) if name not in world]


def customer(name: str) -> Customer:
    db.session.rollback()
    return db.session.scalars(select(Customer).where(Customer.name == name)).one()


def counts() -> dict[str, int]:
    """The counts of the latest import."""
    db.session.rollback()
    return db.session.scalars(select(CustomerImport).order_by(CustomerImport.id.desc())).first().counts
