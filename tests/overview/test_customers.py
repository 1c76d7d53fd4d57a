"""The customers in the office: the search, and the page of one of them."""

import re

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.customers.models import Customer
from tests import factories
from tests.booking.builders import MONDAY
from tests.invoices.builders import BY_OLGA
from tests.overview import builders

CUSTOMERS = "/office/customers"
DAY = builders.DAY


def page_of(browser_of, person, path=CUSTOMERS) -> str:
    response = browser_of(person).get(path)
    assert response.status_code == 200
    return response.text


def test_the_list_shows_amounts_due_and_the_last_use_of_the_portal(browser_of, ana, ben, olga):
    builders.invoice(ana)
    builders.pay(builders.invoice(ana, amount=5_000))
    builders.invoice(ana, amount=7_000).void(at=MONDAY, by=BY_OLGA)
    browser_of(ben).get("/portal/")
    ana_row, ben_row = page_of(browser_of, olga).split("<tr>")[2:4]
    for words in ("Ana Ruiz", "$120.00", "ana@example.com", "Never"):
        assert words in ana_row
    for words in ("Ben Okafor", "–", "Nov 23, 2026"):
        assert words in ben_row


@pytest.mark.parametrize("sought", ["ruiz", "ANA@EX", " ana ", "na Ru", "Ruiz an", "ana ana@"])
def test_a_customer_is_found_by_part_of_a_name_or_address(browser_of, ana, olga, sought):
    page = page_of(browser_of, olga, f"{CUSTOMERS}?q={sought}")
    assert "Ana Ruiz" in page
    assert "Ben Okafor" not in page


def test_a_customer_is_found_by_any_contact(browser_of, ana, olga):
    ana.customer.name = "Pine Road Flats"
    assert "Pine Road Flats" in page_of(browser_of, olga, f"{CUSTOMERS}?q=ruiz")


@pytest.mark.parametrize("sought", ["%25", "_", "%5C", "%27 OR 1=1--", "cleo"])
def test_sql_wildcards_are_plain_text(browser_of, ana, cleo, olga, sought):
    page = page_of(browser_of, olga, f"{CUSTOMERS}?q={sought}")
    assert "No customers found" in page
    assert "Cleo" not in page


def test_a_null_byte_is_ignored(browser_of, ana, olga):
    assert "Ana Ruiz" in page_of(browser_of, olga, f"{CUSTOMERS}?q=ru%00iz")


def test_the_search_text_is_escaped_and_kept_on_the_next_page(browser_of, sparkle, olga):
    for n in range(30):
        factories.contact(sparkle, f"Smith & Co {n}", f"smith{n}@example.com")
    pages = builders.all_pages(browser_of(olga), f"{CUSTOMERS}?q=smith+%26")
    assert "q=smith+%26&amp;after=" in pages[0]
    names = [int(n) for page in pages for n in re.findall(r">Smith &amp; Co (\d+)<", page)]
    assert names == sorted(range(30), key=str)
    assert "&lt;b&gt;" in page_of(browser_of, olga, f"{CUSTOMERS}?q=<b>")


def test_all_pages_together_are_the_whole_list(browser_of, ana, ben, sparkle, olga):
    for n in range(43):
        factories.contact(sparkle, f"Twin {n // 10}", f"twin{n}@example.com")
    pages = builders.all_pages(browser_of(olga), CUSTOMERS)
    numbers = [int(n) for page in pages for n in re.findall(r"/office/customers/(\d+)\"", page)]
    assert len(pages) == 3
    assert len(numbers) == len(set(numbers)) == 45


def test_amounts_due_are_added_up_in_each_currency(browser_of, ana, olga):
    builders.invoice(ana, amount=5_000)
    builders.invoice(ana, amount=1_000)
    builders.invoice(ana, amount=700).currency = "EUR"
    assert "€7.00 + $60.00" in page_of(browser_of, olga)


def test_a_customers_page_shows_everything(browser_of, ana, theo, olga):
    ana.phone = "+12075550142"
    builders.invoice(ana, due_in=-3)
    builders.quote(ana, "Carpets")
    builders.appointment(ana, theo, MONDAY + DAY)
    browser_of(ana).get("/portal/")
    page = page_of(browser_of, olga, f"{CUSTOMERS}/1")
    for words in (
        "Ana Ruiz",
        "ana@example.com",
        "(207) 555-0142",
        "7 Pine Road",
        "Overdue",
        "Carpets",
    ):
        assert words in page
    for path in ("invoices/1", "quotes/1", "schedule/1"):
        assert f'href="/office/{path}"' in page


def test_a_contact_who_never_signed_in_is_marked(browser_of, ana, olga):
    page = page_of(browser_of, olga, f"{CUSTOMERS}/1")
    for words in ("No upcoming appointments.", "Nothing has happened yet."):
        assert words in page


def test_the_latest_of_several_browsers_counts(browser_of, ana, olga, session):
    for days in (9, 2, 5):
        row, _ = SignIn.start(ana, browser="x", by=BY_SYSTEM, now=MONDAY - days * DAY)
        session.add(row)
    assert "Seen Nov 21, 2026" in page_of(browser_of, olga, CUSTOMERS)


@pytest.mark.parametrize("after", ["0", "0~", "0~a%00~5", f"0~a~{10**20}", "7~a~1", "0~a~-1", "~~", "0~%ff~1"])
def test_an_invalid_place_in_the_list_gets_a_page(browser_of, ana, olga, after):
    assert "Customers" in page_of(browser_of, olga, f"{CUSTOMERS}?after={after}")


@pytest.mark.parametrize("number", [3, 999, 0])
def test_another_companys_customer_is_not_found(browser_of, olga, number):
    assert browser_of(olga).get(f"{CUSTOMERS}/{number}").status_code == 404


def test_no_page_shows_anything_of_a_rival(browser_of, ana, cleo, world, olga):
    builders.invoice(cleo, "needle invoice")
    cleo.customer.name = "Needle"
    for path in (CUSTOMERS, f"{CUSTOMERS}/1", "/office/"):
        assert "needle" not in page_of(browser_of, olga, path).lower()
    assert "Needle" in page_of(browser_of, world.rita)


@pytest.mark.parametrize("path", [CUSTOMERS, f"{CUSTOMERS}/1"])
def test_customers_cannot_open_the_office(browser_of, ana, path):
    response = browser_of(ana).get(path)
    assert "/office/sign-in" in response.location


@pytest.mark.parametrize(("path", "limit"), [(CUSTOMERS, 2), (f"{CUSTOMERS}?q=customer", 3), (f"{CUSTOMERS}/1", 3)])
def test_statements_do_not_grow_with_the_list(browser_of, sparkle, ana, theo, olga, statements, path, limit):
    counts = []
    browser = browser_of(olga)
    for more in (1, 29):
        builders.a_bit_of_all(ana, theo, more) if more == 1 else [builders.invoice(ana) for _ in range(more)]
        for n in range(more):
            factories.contact(sparkle, f"Customer {more} {n}", f"customer{more}-{n}@example.com")
        with statements() as seen:
            assert browser.get(path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= limit


@pytest.mark.parametrize("count", [1, 30])
def test_a_technicians_customer_takes_two_statements(browser_of, ana, theo, statements, count):
    builders.a_bit_of_all(ana, theo, count)
    browser = browser_of(theo)
    with statements() as seen:
        assert browser.get(f"{CUSTOMERS}/1").status_code == 200
    assert len(seen) == 2


def test_only_the_next_appointments_are_listed_the_next_first(browser_of, ana, theo, olga):
    for n in range(1, 15):
        builders.appointment(ana, theo, MONDAY + n % 3 * n * DAY + n * DAY / 24)
        builders.appointment(ana, theo, MONDAY - n % 3 * n * DAY - n * DAY / 24)
    page = page_of(browser_of, olga, f"{CUSTOMERS}/1")
    days = re.findall(r'datetime="(\d{4}-\d\d-\d\d)"', page.partition('id="appointments"')[2])
    assert len(days) == 10
    assert days == sorted(days)
    assert days[0] == "2026-11-23"


def test_money_open_and_open_quotes_stand_on_the_page(browser_of, ana, olga):
    builders.invoice(ana, "Spring clean", due_in=-3, amount=12_000)
    builders.invoice(ana, "Autumn clean", due_in=3, amount=700).currency = "EUR"
    builders.quote(ana, "Carpets")
    builders.accept(builders.quote(ana, "Old carpets"), ana)
    page = page_of(browser_of, olga, f"{CUSTOMERS}/1")
    assert "€7.00 + $120.00 due" in page
    current = page[page.index('id="invoices"') : page.index('id="history"')]
    for words in ("Overdue", "Spring clean · due Nov 20, 2026", "Carpets · valid until Dec 13, 2026", "$420.00"):
        assert words in current
    assert "Old carpets" not in current


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("active", ["Ana Ruiz", "Ben Okafor", "Zoe"]),
        ("owing", ["Ana Ruiz", "Old"]),
        ("no-email", ["Zoe"]),
        ("archived", ["Old"]),
        ("all", ["Ana Ruiz", "Ben Okafor", "Old", "Zoe"]),
        ("nonsense", ["Ana Ruiz", "Ben Okafor", "Zoe"]),
    ],
)
@pytest.mark.parametrize("sort", ["name", "newest"])
def test_the_list_is_filtered_and_sorted_by_its_url(browser_of, ana, ben, sparkle, olga, session, show, names, sort):
    builders.invoice(ana)
    old = factories.contact(sparkle, "Old", "old@example.com")
    builders.invoice(old)
    old.customer.put_away(by=BY_SYSTEM, at=MONDAY)
    zoe = Customer.create(sparkle, "Zoe", by=BY_SYSTEM, at=MONDAY)
    contact = zoe.add_contact("Left", email="left@example.com", by=BY_SYSTEM, at=MONDAY)
    contact.leave(by=BY_SYSTEM, at=MONDAY)
    session.commit()
    page = page_of(browser_of, olga, f"{CUSTOMERS}?show={show}&sort={sort}")
    found = re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)<', page)
    assert found == (
        names if sort == "name" else sorted(names, key=["Ana Ruiz", "Ben Okafor", "Old", "Zoe"].index)[::-1]
    )


@pytest.mark.parametrize(("show", "names"), [("active", ["Ben", "Ana", "Cid"]), ("owing", ["Dan", "Ben", "Ana"])])
def test_the_largest_balance_comes_first(browser_of, ana, ben, sparkle, olga, session, show, names):
    ana.customer.name, ben.customer.name = "Ana", "Ben"
    factories.contact(sparkle, "Cid", "cid@example.com")
    dan = factories.contact(sparkle, "Dan", "dan@example.com")
    for person, amount in ((ana, 5_000), (ben, 9_000), (dan, 90_000)):
        builders.invoice(person, amount=amount)
    dan.customer.put_away(by=BY_SYSTEM, at=MONDAY)
    session.commit()
    page = page_of(browser_of, olga, f"{CUSTOMERS}?show={show}&sort=balance")
    assert re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)<', page) == names
    assert 'aria-sort="descending"' in page
    archived = page_of(browser_of, olga, f"{CUSTOMERS}?show=archived&sort=balance")
    assert "Dan" in archived
    assert "sort=balance" not in archived.partition("<table>")[2]


def test_all_pages_by_balance_are_the_whole_list(browser_of, ana, ben, sparkle, olga, session):
    for n in range(43):
        person = factories.contact(sparkle, f"Twin {n // 10}", f"twin{n}@example.com")
        if n % 3:
            builders.invoice(person, amount=100 * (n % 4))
    session.commit()
    pages = builders.all_pages(browser_of(olga), f"{CUSTOMERS}?sort=balance")
    numbers = [int(n) for page in pages for n in re.findall(r"/office/customers/(\d+)\"", page)]
    assert len(numbers) == len(set(numbers)) == 45


def test_an_empty_filter_says_what_it_would_show(browser_of, ana, olga):
    for show, words in (("owing", "Nobody owes you anything"), ("archived", "No archived customers")):
        assert words in page_of(browser_of, olga, f"{CUSTOMERS}?show={show}")
    page = page_of(browser_of, olga, f"{CUSTOMERS}?show=owing&q=ruiz")
    assert "/office/customers?show=all&amp;q=ruiz" in page


def test_a_new_customer_can_be_added_from_a_search_in_vain(browser_of, olga):
    page = page_of(browser_of, olga, f"{CUSTOMERS}?show=all&q=Dora+%26+Co")
    path = re.search(r'href="(/office/customers/new[^"]*)"[^>]*>Add', page)[1]
    assert 'value="Dora &amp; Co"' in browser_of(olga).get(path).text
