"""The activity log: its entries, its page, its filters, and its CSV file."""

import ast
import csv
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

import sergio
from sergio.audit.actor import API_TOKEN, BY_STRIPE, BY_SYSTEM, CONTACT, STAFF, Actor
from sergio.audit.models import AuditEntry, changes, record
from sergio.auth.models import ApiToken
from sergio.lib import clock
from sergio.overview import activity_labels
from sergio.overview.activity_listing import NEWEST, Filter, entries_page
from sergio.staff.models import OWNER
from tests import factories
from tests.booking.builders import MONDAY, at
from tests.invoices import builders as invoices
from tests.overview.builders import all_pages, appointment, next_of
from tests.quotes import builders as quotes

PAGE, FILE = "/office/activity", "/office/activity.csv"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def olgas(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def entries(session):
    """`entries(action)`: the entries of an action, oldest first."""

    def read(action: str):
        session.rollback()
        query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        return session.scalars(query).all()

    return read


def by(person, kind=STAFF, **more) -> Actor:
    return Actor(kind, person.name, person.id, **more)


def rows_of(browser, query: str = "") -> list[dict]:
    response = browser.get(FILE + query)
    assert response.mimetype == "text/csv"
    return list(csv.DictReader(StringIO(response.get_data(as_text=True).removeprefix("\ufeff"))))


def test_an_entry_says_who_what_when_from_where_and_what_changed(olgas, olga, ana, session):
    more = {"before": {"name": "Ana"}, "after": {"name": "Ana Ruiz", "gets_receipts": True}}
    record(ana.customer, "changed", by=by(olga, ip_address="192.0.2.7"), at=MONDAY - HOUR, **more)
    page = olgas.get(PAGE).text
    for words in (
        '<a href="/office/customers/1">Customer 1</a>: Changed',
        "Name: Ana → Ana Ruiz",
        "Gets every receipt: Yes",
        "Olga Petrova",
        "Staff · 192.0.2.7",
        "Mon, Nov 23, 2026, 7:00",
    ):
        assert words in page


def test_amounts_have_their_own_currency_and_times_the_companys_zone(olgas, ana):
    after = {"total": 1_250, "currency": "EUR", "starts_at": at(25, 9).isoformat(), "closing_reason": "", "odd": "x_at"}
    record(ana, "new_verb", by=BY_STRIPE, at=MONDAY, before={"starts_at": "soon", "notes": None}, after=after)
    page = olgas.get(PAGE).text
    for words in ("Contact: New verb", "Total: €12.50", "Starts: soon → Wed, Nov 25, 2026, 9:00", "Closing reason: –"):
        assert words in page
    assert "Notes: –<" in page


def test_a_canceled_appointment_is_said_to_be_canceled(olgas, olga, ana, theo):
    appointment(ana, theo, at(25, 9)).cancel(by=by(olga), now=MONDAY)
    (row,) = (row for row in rows_of(olgas) if row["Action"] == "Canceled")
    assert row["Subject"] == "Appointment 1"
    assert row["Changes"].startswith("Canceled: Mon, Nov 23, 2026")
    assert "; Starts: Wed, Nov 25, 2026, 9:00" in row["Changes"]
    assert row["Changes"].endswith("; Technician: Theo Laurent")
    assert "→" not in row["Changes"]


def test_statuses_and_methods_are_words(olgas, ana):
    after = {"status": "requires_action", "method": "us_bank_account"}
    record(ana, "changed", by=BY_STRIPE, at=MONDAY, before={"status": "open"}, after=after)
    page = olgas.get(PAGE).text
    assert "Status: Open → Requires action" in page
    assert "Payment method: Bank account" in page


def test_amounts_of_quotes_and_invoices_are_amounts_and_what_stayed_the_same_is_left_out(olgas, olga, ana, session):
    how = {"by": by(olga), "at": MONDAY}
    quote = quotes.draft(ana)
    quote.edit(quotes.lines()[:1], **how)
    quote.send(**how)
    quote.accept(ana, quotes.SIGNED, [], version=1, shown=132_000, **how)
    invoices.draft(ana)
    invoices.invoice(ana).void(**how)
    page = " ".join(olgas.get(PAGE).text.split())
    for words in ("Total: $1,365.50 → $1,320.00", "Total: $1,320.00", "Amount due: $120.00 → $0.00", "Total: $120.00"):
        assert words in page
    assert "132000" not in page
    assert "12000" not in page
    assert "Garden fence → Garden fence" not in page
    actions = {(row["Subject"], row["Action"]) for row in rows_of(olgas)}
    assert {("Invoice", "Drafted"), ("Invoice 1", "Issued"), ("Invoice 1", "Voided")} <= actions


def test_every_action_of_the_program_has_a_label():
    written, spelled = set(), set()
    for path in Path(sergio.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and path.name != "activity_labels.py":
                spelled.add(node.value)
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                position = {"record": 1, "note_change": 1, "change_settings": 0}.get(name, len(node.args))
                named = node.args[position : position + 1]
                written |= {action.value for action in named if isinstance(action, ast.Constant)}
    assert written <= set(activity_labels.ACTIONS)
    assert set(activity_labels.ACTIONS) <= spelled


def test_values_are_written_for_people(olgas, ana, theo):
    before = {"title": "Fence", "total": 1_000, "currency": "USD", "phone": "+12075550100"}
    after = {**before, "total": 1_250, "phone": "+12075550199", "valid_until": "2026-12-24", "staff_id": theo.id}
    record(ana, "edited", by=BY_SYSTEM, at=MONDAY, before=before, after=after)
    record(ana, "issued", by=BY_SYSTEM, at=MONDAY, after={"total": 990, "currency": "USD"})
    page = olgas.get(PAGE).text
    for words in (
        "Total: $10.00 → $12.50",
        "Phone: (207) 555-0100 → (207) 555-0199",
        "Valid until: Thu, Dec 24, 2026",
        "Technician: Theo Laurent",
        "Total: $9.90",
    ):
        assert words in page
    assert "Title: Fence" not in page
    assert "Currency: " not in page
    assert {"Technician: Theo Laurent" in row["Changes"] for row in rows_of(olgas)} == {True, False}


def test_a_technician_of_another_company_stays_a_number(olgas, ana, rival):
    other = factories.staff(rival, "Max Doyle", OWNER)
    record(ana, "odd", by=BY_SYSTEM, at=MONDAY, after={"staff_id": other.id})
    page = olgas.get(PAGE).text
    assert f"Technician: {other.id}" in page
    assert "Max Doyle" not in page


def test_only_changed_values_are_kept(ana):
    ana.phone = "1"
    assert changes(ana, name=ana.name, phone="2") == ({"phone": "1"}, {"phone": "2"})


def test_entries_come_newest_first_a_page_at_a_time(olgas, ana):
    for n in range(45):
        record(ana, f"step_{n}", by=BY_SYSTEM, at=MONDAY - n * HOUR)
    pages = all_pages(olgas, f"{PAGE}?who=system")
    assert len(pages) == 3  # the sign-in of these tests is by the system, too
    steps = [re.findall(r"Step (\d+)<", page) for page in pages]
    assert [int(step) for page in steps for step in page] == list(range(45))
    assert len(steps[1]) == 20


def test_entries_of_one_instant_are_on_one_page_each(olgas, ana):
    for n in range(45):
        record(ana, f"step_{n}", by=BY_SYSTEM, at=MONDAY)
    steps = re.findall(r"Step (\d+)<", "".join(all_pages(olgas, f"{PAGE}?about=contact")))
    assert [int(step) for step in steps] == list(range(44, -1, -1))


def test_entries_added_meanwhile_move_no_others(olgas, ana):
    for n in range(25):
        record(ana, f"step_{n}", by=BY_SYSTEM, at=MONDAY - n * HOUR)
    second = next_of(olgas.get(f"{PAGE}?about=contact").text)
    record(ana, "added", by=BY_SYSTEM, at=MONDAY)
    assert re.findall(r"Step (\d+)<", olgas.get(second).text) == ["20", "21", "22", "23", "24"]


def test_the_filters_narrow_by_person_kind_and_day(olgas, olga, ana, ben, sparkle):
    record(ana, "one", by=by(olga), at=MONDAY - 24 * HOUR)
    record(ana.customer, "two", by=by(ana, CONTACT), at=MONDAY)
    record(ben.customer, "three", by=by(ben, CONTACT), at=MONDAY)

    def found(query):
        return [row["Action"] for row in rows_of(olgas, query) if row["Action"] in ("One", "Two", "Three")]

    assert found("") == ["Three", "Two", "One"]
    assert found("?who=staff") == ["One"]
    assert found(f"?who=contact-{ana.id}") == ["Two"]
    assert found("?about=customer") == ["Three", "Two"]
    assert found("?from=2026-11-23") == ["Three", "Two"]
    assert found("?to=2026-11-22") == ["One"]
    assert found("?from=2026-11-22&to=2026-11-22&about=contact&who=staff") == ["One"]
    assert found(f"?who=contact-{ana.id}&about=quote") == []


@pytest.mark.parametrize(
    "query",
    [
        *("who=nobody", "who=staff-x", "who=staff-99999999999999", "who=-1", "about=secret", "about=alembic_version"),
        *("from=yesterday", "to=9999-12-31", "from=0001-01-01", "after=-1", "after=9", "after=0~x~1", "who=%00"),
        "after=0~2026-11-23T00:00:00~1",
        *("after=0~2026-11-23", "after=0~2026-11-23T00:00:00%2B00:00~99999999999999999999", f"after={'9' * 10_000}"),
    ],
)
def test_an_invalid_filter_is_ignored(olgas, ana, query):
    record(ana, "one", by=BY_SYSTEM, at=MONDAY)
    assert olgas.get(f"{PAGE}?{query}").status_code == 200
    if "after" not in query:
        assert "One" in {row["Action"] for row in rows_of(olgas, f"?{query}")}


def test_the_day_of_a_filter_is_the_companys_day_to_the_second(olgas, ana):
    record(ana, "late", by=BY_SYSTEM, at=at(22, 23, 59))
    record(ana, "early", by=BY_SYSTEM, at=at(23, 0, 0))
    assert [row["Action"] for row in rows_of(olgas, "?from=2026-11-23&about=contact")] == ["Early"]
    assert [row["Action"] for row in rows_of(olgas, "?to=2026-11-22&about=contact")] == ["Late"]


def test_htmx_gets_only_the_list(olgas, ana):
    record(ana, "one", by=BY_SYSTEM, at=MONDAY)
    part = olgas.get(f"{PAGE}?about=contact", htmx=True).text
    assert part.lstrip().startswith('<div id="activity"')
    assert "<html" not in part
    assert f'href="{FILE}?about=contact"' in part


def test_another_companys_entries_are_not_shown(olgas, browser_of, world):
    record(world.cleo, "secret_verb", by=by(world.rita), at=MONDAY)
    assert "Secret verb" not in olgas.get(PAGE).text
    assert "Secret verb" not in {row["Action"] for row in rows_of(olgas)}
    assert "Secret verb" not in olgas.get(f"{PAGE}?who=staff-{world.rita.id}").text
    assert "Secret verb" in browser_of(world.rita).get(PAGE).text


def test_markup_in_a_name_is_text(olgas, ana):
    record(ana, "one", by=Actor(CONTACT, "<script>x</script>"), at=MONDAY, after={"name": "<img src=x>\nNew line"})
    page = olgas.get(PAGE).text
    assert "<script>x" not in page
    assert "&lt;img src=x&gt;" in page


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_the_file_is_a_formula(olgas, ana, begin):
    record(ana, "one", by=Actor(CONTACT, f"{begin}HYPERLINK(1)"), at=MONDAY)
    row = next(row for row in rows_of(olgas, "?about=contact"))
    assert row["Person"] == f"'{begin}HYPERLINK(1)"


def test_the_file_has_all_rows_with_the_companys_time(olgas, ana, session):
    for n in range(1_203):
        record(ana, "one", by=BY_SYSTEM, at=MONDAY - (n // 7) * HOUR)
    session.commit()
    rows = rows_of(olgas, "?about=contact")
    assert len(rows) == 1_203
    assert rows[0] == {
        "Time": "2026-11-23 08:00:00-05:00",
        "Person": "Sergio",
        "Kind": "System",
        "Action": "One",
        "Subject": "Contact",
        "Changes": "",
        "IP address": "",
    }
    response = olgas.get(FILE, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Disposition"] == 'attachment; filename="activity-2026-11-23.csv"'
    assert "Content-Encoding" not in response.headers
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize("count", [1, 60])
def test_the_page_takes_three_statements_for_any_length_of_the_log(olgas, ana, theo, session, statements, count):
    for n in range(count):
        record(ana, "one", by=BY_SYSTEM, at=MONDAY - n * HOUR, after={"staff_id": theo.id})
    session.commit()
    olgas.get(PAGE)
    with statements() as seen:
        olgas.get(f"{PAGE}?about=contact")
    assert len(seen) == 3


def test_a_contact_who_changes_their_details_is_in_the_log(browser_of, ana, entries):
    form = {"name": "Ana Ruiz-Lopez", "phone": "(207) 555-0199"}
    browser = browser_of(ana)
    assert browser.post("/portal/account", form).status_code == 303
    assert browser.post("/portal/account", form).status_code == 303
    (entry,) = entries("changed")
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == (CONTACT, ana.id, "Ana Ruiz")
    assert (entry.subject, entry.subject_id) == ("contact", ana.id)
    assert entry.before == {"name": "Ana Ruiz", "phone": ""}
    assert entry.after == {"name": "Ana Ruiz-Lopez", "phone": "+12075550199"}
    assert entry.ip_address == "127.0.0.1"
    assert len(entry.request_id) == 12


def test_signing_in_and_out_is_in_the_log(visitor, sparkle, olga, entries):
    browser = visitor(sparkle)
    browser.sign_in(olga)
    browser.post("/office/sign-out")
    came = entries("signed_in")[-1]
    went = entries("signed_out")[-1]
    for entry in (came, went):
        assert (entry.actor_kind, entry.actor_id, entry.subject) == (STAFF, olga.id, "sign_in")
    assert came.subject_id == went.subject_id


def test_signing_out_everywhere_is_in_the_log_once_for_each_browser(browser_of, ana, entries):
    browsers = [browser_of(ana), browser_of(ana)]
    browsers[0].post("/portal/account/devices/end")
    assert [entry.actor_id for entry in entries("signed_out")] == [ana.id, ana.id]


def test_choosing_a_customer_is_in_the_log(visitor, sparkle, ana, entries, session):
    shop = factories.contact(sparkle, "Ruiz Flowers", "ana@example.com")
    browser = visitor(sparkle)
    browser.be(ana)
    browser.post("/portal/sign-in/customer", {"customer": shop.customer.number})
    (entry,) = entries("chose_customer")
    assert (entry.before, entry.after) == ({"customer": "Ana Ruiz"}, {"customer": "Ruiz Flowers"})


def test_creating_and_revoking_a_token_is_in_the_log(sparkle, session, entries):
    token, secret = ApiToken.make(sparkle, "books", by=BY_SYSTEM, now=MONDAY)
    session.commit()
    token.revoke(by=Actor(API_TOKEN, "books", token.id), now=MONDAY)
    token.revoke(by=BY_SYSTEM, now=MONDAY)
    session.commit()
    assert session.scalar(ApiToken.matching(sparkle, secret)) is None
    assert [entry.subject_id for entry in (*entries("created"), *entries("revoked"))] == [token.id, token.id]


def test_a_rolled_back_change_leaves_no_entry(ana, session):
    before = session.scalar(select(func.count(AuditEntry.id)))
    ana.change_details("Nobody", "", gets_receipts=False, by=by(ana, CONTACT), now=clock.now())
    session.rollback()
    assert session.scalar(select(func.count(AuditEntry.id))) == before


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "company_id_at"),
        ({"who": "staff-1"}, "company_id_actor_kind_actor_id_at"),
        ({"about": "quote"}, "company_id_subject_at"),
        ({"about": "quote", "from": "2026-11-01"}, "company_id_subject_at"),
    ],
)
def test_each_filter_has_its_index_in_the_order_of_the_page(app, sparkle, session, query, index):
    if app.config["SERGIO"].database_url:
        pytest.skip("PostgreSQL decides by the rows there are")
    chosen = Filter.from_query(query)
    wanted = entries_page(**chosen.shape).params(chosen.parameters(sparkle) | NEWEST.begin)
    compiled = wanted.compile(session.get_bind())
    values = [compiled.construct_params()[name] for name in compiled.positiontup]
    with session.connection() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(map(str, values)))
        plan = [row.detail for row in found]
    assert plan == [step for step in plan if f"USING INDEX ix_audit_entry_{index} " in step]
