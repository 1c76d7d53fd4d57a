"""No page of the office takes more statements, or reads more rows, in a large company than in a small one."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from sergio import seeds
from sergio.big_world import Size, grow
from sergio.big_world.history import FIRST
from sergio.booking.models import Appointment
from sergio.extensions import db
from sergio.lib import clock
from sergio.staff.models import TECHNICIAN, TimeOff
from tests import factories
from tests.browser import Browser
from tests.database.test_query_plans import analyze, listening, nodes, unique

CUSTOMERS = ("", "?q=ada", "?q=c1000001@", "?sort=newest", "?show=archived", "?show=no-email", "?show=all&sort=newest")
OWED = ("", "&sort=newest", "&sort=balance")
OWING = (*(f"?show=owing{more}" for more in OWED), "?show=all&sort=balance", "?sort=balance")
LISTS = (*(f"/office/customers{query}" for query in (*CUSTOMERS, *OWING)), "/office/activity")
QUOTE_SORTS = "amount", "customer"
PAGES = (
    *(*LISTS, "/office/activity?about=invoice", "/office/activity?who=staff", "/office/activity?who=contact-1"),
    *("/office/", f"/office/customers/{FIRST}", f"/office/customers/{FIRST}?show=emails"),
    *(f"/office/invoices/{FIRST}", f"/office/payments/of-invoice/{FIRST}"),
    *(
        "/office/invoices",
        "/office/invoices?show=overdue",
        "/office/invoices?show=paid",
        "/office/invoices?show=overpaid",
    ),
    *(
        *("/office/invoices?show=drafts", "/office/invoices?show=ended", "/office/invoices?sort=newest"),
        *(
            "/office/invoices?show=paid&sort=newest",
            "/office/invoices?sort=customer",
            *(f"/office/invoices?show={tab}&sort=customer" for tab in ("open", "overdue")),
            *(f"/office/invoices?show={tab}&sort=amount" for tab in ("open", "overdue", "paid")),
            f"/office/invoices?show=paid&sort=customer&after=0~m~{FIRST}",
            "/office/invoices?show=overdue&from=2026-01-01",
        ),
        *("/office/invoices?from=2026-01-01&to=2026-02-01", f"/office/invoices?customer={FIRST}&show=paid"),
        f"/office/customers/{FIRST}/statement",
    ),
    *("/office/payments", "/office/problems", f"/office/payments/{FIRST}", "/office/payments/disputes"),
    *(
        *(f"/office/payments?show={tab}" for tab in ("waiting", "refunded", "refund_failed", "disputed", "undone")),
        *("/office/payments?sort=amount", "/office/payments?method=check", f"/office/payments?q={FIRST}"),
        "/office/payments?from=2026-01-01&to=2026-02-01",
    ),
    *(
        "/office/quotes",
        "/office/quotes?show=open&sort=expires",
        *(f"/office/quotes?show={tab}&sort={sort}" for tab in ("all", "open", "accepted") for sort in QUOTE_SORTS),
        f"/office/quotes?sort=customer&after=4~m~{FIRST}",
        *(f"/office/quotes?q={text}" for text in (f"c{FIRST}@example.com", f"work+{FIRST}", "work")),
        f"/office/quotes?show=accepted&sort=customer&q=work+{FIRST + 5}",
        "/office/customers/invitations",
        f"/office/quotes/new?q=c{FIRST}@example.com",
    ),
    *("/office/quotes/new", "/office/schedule/done"),
    *(f"/office/customers/{FIRST}/portal-access", f"/office/customers/{FIRST}/merge?q=c{FIRST}@example.com"),
)
BUDGET = dict.fromkeys(PAGES, 4) | dict.fromkeys(LISTS, 3)


def grown(company, customers: int):
    """The company with so many customers, and all that comes of them."""
    seeds.service(company, 0, "Clean", "", 60, 10_000)
    grow(company, Size(customers, invoices=2 * customers, quotes=customers, appointments=2 * customers))


@pytest.fixture
def large(world, session, once):
    """Sparkle, with 3,000 customers, 6,000 invoices and 6,000 appointments."""
    once("large", lambda: grown(world.sparkle, 3_000))
    analyze()


@pytest.fixture
def olgas(app, olga, session):
    browser = Browser(app, "sparkle")
    session.commit()
    browser.be(olga)
    return browser


def test_no_statement_of_the_office_does_more_work_in_a_large_company(app, large, olgas):
    with listening(app) as seen:
        statuses = {path: olgas.get(path).status_code for path in PAGES}
    assert statuses == dict.fromkeys(PAGES, 200)
    done = {statement: work(engine, statement, parameters) for engine, statement, parameters in unique(seen)}
    most = MOST[db.engine.dialect.name]
    assert {statement: steps for statement, steps in done.items() if steps > most} == {}


@pytest.fixture
def leaver(sparkle, theo, session):
    """Someone who left, with Theo's time off and that of everyone, which a page on the team's hours shows."""
    member = factories.staff(sparkle, "Lee Moss", TECHNICIAN)
    begin = clock.now()
    for staff_id, days in ((None, 30), (theo.id, 30), (None, 31)):
        session.add(TimeOff(company=sparkle, staff_id=staff_id, starts_at=begin, ends_at=begin + timedelta(days=days)))
    session.commit()
    return member


def test_no_statement_of_the_team_does_more_work_in_a_large_company(app, large, olgas, theo, leaver, session):
    past = Appointment.ends_at < clock.now()
    session.execute(update(Appointment).where(past, Appointment.staff_id == theo.id).values(staff_id=leaver.id))
    leaver.left_at = clock.now()
    session.commit()
    settings = (
        "team",
        f"team/{theo.id}/removal",
        f"team/{leaver.id}/appointments",
        "hours",
        f"hours/{theo.id}",
        "services/1",
    )
    schedule = "?view=day", "?view=week", "?view=month", "?view=list", "/requests", "/new?q=ada"
    pages = [*(f"/office/schedule{page}" for page in schedule), *(f"/office/settings/{page}" for page in settings)]
    pages.append(f"/office/schedule/new?customer={FIRST}&service=1")
    with listening(app) as seen:
        assert {path: olgas.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)
    done = {statement: work(engine, statement, parameters) for engine, statement, parameters in unique(seen)}
    most = MOST[db.engine.dialect.name]
    assert {statement: steps for statement, steps in done.items() if steps > most} == {}


def test_no_statement_of_the_portal_does_more_work_in_a_large_company(app, large, ana, session):
    browser = Browser(app, "sparkle")
    session.commit()
    browser.be(ana)
    pages = ("", "quotes", "invoices", "payments", "history", "appointments", "account", "book")
    with listening(app) as seen:
        assert {browser.get(f"/portal/{page}").status_code for page in pages} == {200}
    done = {statement: work(engine, statement, parameters) for engine, statement, parameters in unique(seen)}
    most = MOST[db.engine.dialect.name]
    assert {statement: steps for statement, steps in done.items() if steps > most} == {}


def test_control_a_sum_over_all_invoices_is_too_much_work(large, sparkle, session):
    total = text("SELECT sum(due) FROM invoice WHERE company_id = 1")
    assert work(db.engine, str(total), ()) > MOST[db.engine.dialect.name]


def work(engine, statement: str, parameters) -> int:
    """Instructions of SQLite's machine, or rows that PostgreSQL's plan read."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            for way in ("seqscan", "hashjoin", "mergejoin"):  # those of tables that are still small
                connection.execute(text(f"SET enable_{way} = off"))
            found = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            return sum(rows_of(node) for node in nodes(found.scalar_one()[0]["Plan"]))
    counts = []
    raw = engine.raw_connection()
    raw.driver_connection.set_progress_handler(lambda: counts.append(1), STEP)
    try:
        raw.cursor().execute(statement, parameters).fetchall()
    finally:
        raw.driver_connection.set_progress_handler(None, STEP)
        raw.close()
    return len(counts) * STEP


STEP = 100
MOST = {"sqlite": 20_000, "postgresql": 1_500}


def rows_of(node: dict) -> int:
    """How many rows of a table a node of a plan read."""
    if "Relation Name" not in node:
        return 0
    removed = node.get("Rows Removed by Filter", 0)
    return round((node["Actual Rows"] + removed) * node["Actual Loops"])


def test_the_pages_take_as_many_statements_as_before(app, sparkle, olgas):
    grown(sparkle, 30)
    analyze()
    olgas.get("/office/")
    with listening(app) as seen:
        counts = {path: (len(seen), olgas.get(path).status_code, len(seen)) for path in PAGES}
    taken = {path: after - before for path, (before, _status, after) in counts.items()}
    assert {path: count for path, count in taken.items() if count > BUDGET[path]} == {}


@pytest.mark.parametrize("kind", ["invoices", "quotes", "payments", "customers", "schedule"])
def test_a_page_about_one_row_builds_no_statement_at_a_request(sparkle, olgas, kind):
    """SQLAlchemy would hash and compare a new one each time, which takes a fifth of a page."""
    grown(sparkle, 30)
    analyze()
    known = db.engines["reading"].get_execution_options()["compiled_cache"]._same
    for _ in range(2):
        assert olgas.get(f"/office/{kind}/{FIRST}").status_code == 200
    before = len(known)
    olgas.get(f"/office/{kind}/{FIRST}")
    assert len(known) == before
