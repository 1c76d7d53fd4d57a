"""The search of customers by an index: what it finds, hostile text, and that any write keeps it right."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from sergio.customers import search
from sergio.customers.models import Contact, Customer, Property
from sergio.customers.search import Search, SearchPiece, conditions
from tests import factories
from tests.customers.pieces import pieces_of


@pytest.fixture
def found(sparkle, session):
    """`found(text)`: the names of Sparkle's customers that it finds."""

    def names(sought: str) -> list[str]:
        session.flush()
        asked = Search(sought, sparkle.id)
        mine = Customer.company_id == sparkle.id, *conditions(**asked.shape)
        return list(session.scalars(select(Customer.name).where(*mine).order_by(Customer.name_key), asked.parameters))

    return names


@pytest.fixture(params=["by the index", "by name"], autouse=True)
def way(request, monkeypatch):
    """Both ways to find customers give the same."""
    if request.param == "by name":
        monkeypatch.setattr(search, "FEW", 0)
        search.frequencies.cache_clear()
    yield
    search.frequencies.cache_clear()


@pytest.fixture
def mia(sparkle, session):
    """A customer with a name in other letters, a phone number and an address."""
    mia = factories.contact(sparkle, "MÍA Ó Súilleabháin-Groß", "Mia.Gross+home@Example.com")
    mia.phone = "+12075550142"
    place = mia.customer.properties[0]
    place.street, place.postal_code = "12-14 Ärger Allee", "04101"
    mia.customer.number = 4711
    return mia


@pytest.mark.parametrize(
    "sought",
    [
        *("mía", "MÍA", "groß", "GROSS", "úill", "súilleabháin-g", "mía groß", "groß mía"),
        *("mia.gross+home@example.com", "MIA.G", "gross+", "home@", "example.com"),
        *("207 555", "(207) 555-0142", "+12075550142", "555-0142", "0142"),
        *("ärger", "ÄRGER", "12-14", "14", "04101", "alle portl", "4711"),
    ],
)
def test_a_customer_is_found_by_name_email_phone_address_or_number(found, ana, ben, mia, sought):
    assert mia.customer.name in found(sought)
    assert "Ana Ruiz" not in found(sought) or sought in ("example.com", "home@")


@pytest.mark.parametrize("sought", ["mía ruiz", "rger", "mia.gross@", "4712", "x"])
def test_every_word_must_be_there(found, mia, sought):
    assert found(sought) == []


def test_without_words_all_are_found(found, ana, ben):
    assert found("") == found(" \t ") == found("\0") == ["Ana Ruiz", "Ben Okafor"]


@pytest.mark.parametrize(
    "sought",
    [
        *(
            '"',
            "*",
            "%",
            "_",
            "\\",
            "'",
            "NEAR",
            "NEAR(a b)",
            "a OR b AND",
            "a*",
            '"ana"',
            "-ana",
            "^ana",
            "ana:",
            "{",
            ";--",
        ),
        *("a" * 10_000, "a " * 10_000, "\0", "a\0na%", "\U0010ffff", "\ud7ff", "(" * 5_000, "+1" * 5_000, "ﷺ" * 5_000),
    ],
)
def test_no_text_is_an_error_or_a_pattern(found, ana, sought):
    assert set(found(sought)) <= {"Ana Ruiz", "Ben Okafor"}
    if not any(letter.isalnum() for letter in sought) and sought != "\0":
        assert found(sought) == []


def test_another_companys_customers_are_not_found(found, cleo):
    assert found("cleo") == []


def test_it_follows_changes_of_models(found, ana, session):
    ana.name, ana.customer.name, ana.email = "Eva Stone", "Stone House", "eva@stone.example"
    ana.customer.properties[0].street = "1 Hill Lane"
    for gone in ("ruiz", "ana@", "pine"):
        assert "Stone House" not in found(gone)
    for there in ("eva", "house", "eva@s", "hill"):
        assert found(there) == ["Stone House"]


def test_it_follows_bulk_statements_and_raw_sql(found, sparkle, ana, session):
    session.flush()
    mine = Customer.company_id == sparkle.id
    session.execute(update(Customer).where(mine, Customer.id == ana.customer_id).values(name_key="zed"))
    assert found("zed") == ["Ana Ruiz"]
    session.execute(text("UPDATE contact SET email_key = 'raw@sql', name_key = '' WHERE id = :id"), {"id": ana.id})
    assert found("raw@") == ["Ana Ruiz"]
    row = {"company_id": sparkle.id, "customer_id": ana.customer_id, "number": 99}
    session.execute(insert(Property), [{**row, "street": "8 BULK Road"}, {**row, "number": 98, "street": "9 Bulk"}])
    assert found("bulk") == ["Ana Ruiz"]
    session.execute(delete(Property).where(Property.company_id == sparkle.id, Property.number >= 98))
    assert found("bulk") == []
    assert pieces_of(session) == kept(session)


def test_a_merged_customer_takes_contacts_along_and_a_deleted_one_is_gone(found, sparkle, ana, ben, session):
    session.flush()
    gone, stays = ana.customer_id, ben.customer_id
    for table in (Contact, Property):
        moved = update(table).where(table.company_id == sparkle.id, table.customer_id == gone)
        session.execute(moved.values(customer_id=stays))
    session.execute(delete(Customer).where(Customer.company_id == sparkle.id, Customer.id == gone))
    assert found("ana@") == found("ruiz") == ["Ben Okafor"]
    assert pieces_of(session) == kept(session)


def kept(session) -> set[tuple]:
    session.flush()
    return {tuple(row) for row in session.execute(select(SearchPiece.customer_id, SearchPiece.piece).distinct())}
