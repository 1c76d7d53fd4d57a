"""Settings -> Price list."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.lib import clock
from sergio.price_list.models import PriceListItem
from tests.factories import by

PAGE = "/office/settings/price-list"
ITEM = {"name": "Deep clean", "detail": "All rooms", "unit": "hour", "unit_price": "1,240.50", "tax_ppm": "8.25%"}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def item(company, person, name="Deep clean", **more) -> PriceListItem:
    return PriceListItem.create(company, name=name, by=by(person), at=clock.now(), **{"unit_price": 4000, **more})


def only_item(session) -> PriceListItem:
    session.expire_all()
    return session.scalars(select(PriceListItem)).one()


def test_an_item_is_added_changed_archived_and_restored(office, session):
    assert office.post(PAGE, ITEM).status_code == 303
    added = only_item(session)
    assert (added.number, added.unit_price, added.currency, added.tax_ppm) == (1, 124_050, "USD", 82_500)
    html = office.get(PAGE).text
    assert "$1,240.50 / hour" in html
    assert "8.25%" in html
    assert 'value="1,240.50"' in office.get(f"{PAGE}/1").text

    assert office.post(f"{PAGE}/1", {**ITEM, "unit_price": "1300", "tax_ppm": ""}).status_code == 303
    assert (only_item(session).unit_price, only_item(session).tax_ppm) == (130_000, 0)
    assert office.post(f"{PAGE}/1/archive").status_code == 303
    assert "Deep clean" not in office.get(PAGE).text.partition('id="items"')[2]
    assert "Deep clean" in office.get(f"{PAGE}?show=archived").text
    assert office.post(f"{PAGE}/1/restore").status_code == 303
    assert "Deep clean" in office.get(PAGE).text

    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "price_list_item").order_by(AuditEntry.id))
    assert [entry.action for entry in entries] == ["created", "changed", "archived", "restored"]
    log = office.get("/office/activity").text
    assert "Price: $1,240.50 → $1,300.00" in log
    assert "Tax rate: 8.25% → 0%" in log


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 201}, "Use at most 200 characters."),
        ({"detail": "x" * 2001}, "Use at most 2,000 characters."),
        ({"unit": "x" * 21}, "Use at most 20 characters."),
        ({"unit_price": ""}, "Enter a price. It can be 0."),
        ({"unit_price": "-1"}, "Enter an amount, such as 120 or 120.50."),
        ({"unit_price": "1.200"}, "Enter 1200, or at most two decimals: 1.200 can mean both."),
        ({"tax_ppm": "101"}, "Enter a percentage from 0 to 100."),
        ({"tax_ppm": "x"}, "Enter a percentage, such as 8.25%."),
        ({"name": "WINDOWS"}, "You already have an item called WINDOWS."),
    ],
)
def test_bad_input_stays_in_the_form_with_a_sentence(office, sparkle, olga, session, typed, sentence):
    item(sparkle, olga, "Windows")
    response = office.post(PAGE, {**ITEM, **typed})
    assert response.status_code == 422
    assert sentence in response.text
    assert "All rooms" in response.text or "detail" in typed
    assert len(session.scalars(select(PriceListItem)).all()) == 1


def test_a_form_that_was_open_for_too_long_loses_nothing(office, session):
    response = office.post(PAGE, {**ITEM, "csrf_token": "old"})
    assert response.status_code == 422
    assert "Deep clean" in response.text
    assert session.scalars(select(PriceListItem)).all() == []


def test_the_second_of_two_people_is_told(office, browser_of, nora, sparkle, olga, session):
    item(sparkle, olga)
    session.commit()
    page = office.get(f"{PAGE}/1").text
    seen = page.partition('name="seen"')[2].partition('value="')[2].partition('"')[0].replace("&#34;", '"')
    form = {"name": "Deep clean", "detail": "", "unit": "", "tax_ppm": ""}
    assert browser_of(nora).post(f"{PAGE}/1", {**form, "unit_price": "50", "seen": seen}).status_code == 303
    clash = office.post(f"{PAGE}/1", {**form, "unit_price": "60", "seen": seen})
    assert clash.status_code == 422
    assert "Someone else just changed this" in clash.text
    assert only_item(session).unit_price == 5000


def test_a_new_currency_asks_for_a_new_price(office, sparkle, olga, session):
    item(sparkle, olga)
    sparkle.currency = "EUR"
    session.commit()
    assert "$40.00" in office.get(PAGE).text
    form = office.get(f"{PAGE}/1").text
    assert "In EUR" in form
    assert 'value="40.00"' not in form
    assert office.post(f"{PAGE}/1", {"name": "Deep clean", "unit_price": "35"}).status_code == 303
    assert "€35.00" in office.get(PAGE).text


def test_the_list_is_searched_by_the_beginnings_of_words(office, sparkle, rival, world, olga, session):
    item(sparkle, olga, "Deep clean", detail="Kitchen and Öfen")
    item(sparkle, olga, "Window cleaning")
    item(rival, world.rita, "Rival clean")
    session.commit()

    def found(text: str) -> list[str]:
        html = office.get(PAGE, query_string={"q": text}).text
        return [name for name in ("Deep clean", "Window cleaning", "Rival clean") if f">{name}</a>" in html]

    assert found("CLEAN") == ["Deep clean", "Window cleaning"]
    assert found("clean deep") == ["Deep clean"]
    assert found("öfen") == ["Deep clean"]
    assert found("lean") == []
    assert found("%") == ["Deep clean", "Window cleaning"]
    assert "Nothing here has" in office.get(PAGE, query_string={"q": "<b>none"}).text


@pytest.mark.parametrize("count", [1, 45])
def test_the_list_takes_two_statements_for_any_length(office, sparkle, olga, session, statements, count):
    for number in range(count):
        item(sparkle, olga, f"Item {number}")
    session.commit()
    with statements() as seen:
        assert office.get(PAGE).status_code == 200
    assert len(seen) == 2
    names = "".join(office.pages(PAGE))
    assert all(f">Item {number}</a>" in names for number in range(count))


def test_the_editor_finds_items_with_the_fields_of_their_line(office, sparkle, olga, session):
    item(sparkle, olga, "Oven cleaning", detail='With "steam"', unit_price=9950, tax_ppm=550_00)
    item(sparkle, olga, "Clean windows", unit="pane")
    item(sparkle, olga, "Clean garage").archive(by=by(olga), at=clock.now())
    session.commit()
    html = office.get("/office/price-list?find=clean&currency=USD", htmx=True).text
    assert html.index("Clean windows") < html.index("Oven cleaning")
    assert "garage" not in html
    assert 'data-unit_price="99.50"' in html
    assert 'data-detail="With &#34;steam&#34;"' in html
    assert "Add “clean” as a new line" in html
    assert 'data-unit_price=""' in office.get("/office/price-list?find=oven&currency=JPY", htmx=True).text
    assert "Nothing on your price list has" in office.get("/office/price-list?find=roof", htmx=True).text
    assert "Clean windows" in office.get("/office/price-list", htmx=True).text


def test_a_technician_may_not_see_prices(browser_of, theo, sparkle, olga, session):
    item(sparkle, olga)
    session.commit()
    for path in (PAGE, f"{PAGE}/1", "/office/price-list?find=deep"):
        assert browser_of(theo).get(path).status_code == 403
