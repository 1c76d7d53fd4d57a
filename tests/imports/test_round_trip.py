"""The file of all customers can be imported again: into the same company without change, into another as it is."""

import csv
import io
import random

import pytest
from sqlalchemy import select

from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.imports.models import CustomerImport
from sergio.lib import clock
from sergio.overview import customer_export
from sergio.web import spreadsheets
from tests.factories import by
from tests.imports.builders import counts, imported, previewed
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
PARTS = [
    *("=", "+", "-", "@", "'", "''=", "\t", "\r", "\n", "\r\n", '"', '""', ",", ";", "|", "\\", "%s", "{0}", "\u00a0"),
    *(
        "Ana",
        "=SUM(A1:A9)",
        "=HYPERLINK(1)",
        "@cmd",
        "-2+3",
        "O'Brien",
        "Ünal",
        "Ĳsbrand",
        "日本",
        "مرحبا",
        "👩‍🔧",
        "ﬁne",
        "\u200b",
    ),
    *("sep=;", "NULL", "true", "1e5", "007", "Notes", "Name", "#REF!", "<b>", "&amp;", "  ", "e\u0301", "\v"),
]
FOREIGN = ("+12075550101", "+4930901820", "+442079460000", "")


@pytest.fixture
def strange(sparkle, olga, session):
    """Forty customers with names, contacts and addresses of any characters; the seed is fixed."""
    dice = random.Random(9)

    def words(most: int) -> str:
        return "".join(dice.choices(PARTS, k=dice.randint(1, 6)))[:most].strip() or "x"

    who = {"by": by(olga), "at": clock.now()}
    for number in range(40):
        address = {"street": words(40), "city": words(20), "region": words(10), "postal_code": words(10)}
        facts = {"email": f"c{number}@example.com" if number % 3 else "", "phone": dice.choice(FOREIGN)}
        row = Customer.create(sparkle, words(60), contact_name=words(40), address=address, **facts, **who)
        for further in range(number % 4):
            row.add_contact(f"{words(40)} {further}", email=f"f{number}.{further}@example.com", role="billing", **who)
        for _further in range(number % 3):
            row.add_property({**address, "street": words(60)}, **who)
    session.commit()


def contents(company) -> list[tuple]:
    """The customers of a company as their names, contacts and addresses, in one line each."""
    db.session.rollback()
    return sorted(
        (
            line(row.name),
            sorted((line(each.name), each.email, each.phone, each.role) for each in row.contacts),
            sorted(line(place.address) for place in row.properties),
        )
        for row in db.session.scalars(select(Customer).where(Customer.company_id == company.id))
    )


def line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("existing", ["skip", "update"])
def test_importing_it_again_changes_nothing(office, work, strange, session, existing):
    before = digests(*FOLLOWS)
    file = office.get("/office/customers.csv")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="customers-')
    previewed(office, work, file.data, existing=existing)
    assert set(counts()) == {"skip"}
    after = digests(*FOLLOWS, "stored_file")
    assert {name for name in after if before.get(name) != after[name]} == set()


def test_another_company_gets_the_same_customers(browser_of, world, office, work, strange, session):
    rita = browser_of(world.rita)
    cleo = contents(world.rival)
    imported(rita, work, office.get("/office/customers.csv").data)
    assert set(counts()) == {"add", "further"}
    assert contents(world.rival) == sorted(contents(world.sparkle) + cleo)


def test_no_cell_begins_like_a_formula(office, strange):
    rows = list(csv.reader(io.StringIO(office.get("/office/customers.csv").data.decode("utf-8-sig"), newline="")))
    assert len(rows) > 80
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


@pytest.mark.parametrize("text", ["=1", "'=1", "''+1", "'", "'tis", "'-", "-", "", "a=1", "'a", "\t", "'\n"])
def test_what_a_cell_had_in_front_is_taken_off_again(text):
    assert spreadsheets.as_typed(spreadsheets.cell(text)) == text


def test_the_filter_of_the_list_is_that_of_the_file(office, world, session):
    assert "ana@example.com" in office.get("/office/customers.csv?q=ruiz").text
    assert "ben@example.com" not in office.get("/office/customers.csv?q=ruiz").text
    assert "ana@example.com" not in office.get("/office/customers.csv?show=archived").text
    assert "Cleo" not in office.get("/office/customers.csv").text


def test_a_file_of_many_customers_is_read_in_batches(office, sparkle, session, statements, monkeypatch):
    monkeypatch.setattr(customer_export, "BATCH", 2)
    customer_export.batch.cache_clear()
    rows = [{"company_id": sparkle.id, "number": number, "name": "N", "name_key": "n"} for number in range(100, 109)]
    session.execute(Customer.__table__.insert(), [{**row, "is_test": False, "created_at": clock.now()} for row in rows])
    session.commit()
    with statements() as seen:
        assert office.get("/office/customers.csv").text.count("\r\n") == 12
    assert len(seen) < 25
    customer_export.batch.cache_clear()
    assert session.scalars(select(CustomerImport)).all() == []
