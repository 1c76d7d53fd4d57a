"""No page of a customer, or about one row, scans all of a company's rows, however large the company is. SQLite plans
each of their statements once.
"""

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import pytest
from sqlalchemy import event, exists, insert, select, text

from sergio import seeds
from sergio.auth.invitations import PortalInvitation
from sergio.big_world import Size, grow
from sergio.big_world.history import FIRST
from sergio.booking.models import Appointment
from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AppointmentPhoto
from sergio.customers.models import Contact
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.saved import SavedMethod
from sergio.quotes.answer import QuoteChangeRequest, QuoteReply
from sergio.quotes.models import Quote
from tests.browser import Browser

SMALL = {
    *("service", "service_question", "service_staff", "staff_member", "working_hours", "time_off"),
    *("number_series", "api_token", "service_area"),
}
"""Tables that do not grow with a company's customers."""
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WITH_IDS = (Appointment, Contact, Quote)
CHOSEN = f"service=1&place={FIRST}"
ASKED = (
    *(
        "/portal/book/place?service=1",
        f"/portal/book/time?{CHOSEN}",
        f"/portal/book/details?{CHOSEN}&at=2030-01-07T09:00",
    ),
    "/portal/history?after=0~2026-11-23 10:00:00%2B00:00~payment~1",
    *("/portal/invoices?show=paid", f"/portal/invoices?after=2~{FIRST}", f"/portal/quotes?after=1~{FIRST}"),
    *(f"/portal/quotes?show={tab}" for tab in ("open", "accepted", "declined", "expired")),
    *("/portal/appointments?show=over", "/portal/appointments?show=over&after=0~2026-11-23 10:00:00%2B00:00~1"),
)
"""Pages that show more, or anything at all, with a query string."""


@pytest.fixture
def busy(world, session, once):
    """A contact of Sparkle, which has 3,000 customers and 6,000 invoices, with a service that can be booked."""
    once("busy", lambda: add_customers(world, session))
    analyze()
    return session.get_one(Contact, FIRST)


def analyze():
    """Let PostgreSQL count the rows, as its autovacuum does."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def add_customers(world, session):
    seeds.service(world.sparkle, 0, "Clean", "", 60, 10_000)
    grow(world.sparkle, Size(customers=3_000, invoices=6_000, quotes=3_000, appointments=3_000))
    add_conversations(session, world.sparkle.id, world.theo.id)


def add_conversations(session, company_id: int, staff_id: int):
    """What the large company lacks: notes and photos of appointments, messages about quotes, invitations. PostgreSQL
    takes any index for a table without rows.
    """
    shared = {"company_id": company_id, "at": NOW}
    ids = {table: session.scalars(select(table.id).where(table.company_id == company_id)).all() for table in WITH_IDS}
    work = [{**shared, "appointment_id": n, "staff_id": staff_id, "by": "Theo"} for n in ids[Appointment]]
    session.execute(insert(AppointmentNote), [{**row, "text": "Done", "public": True} for row in work])
    photo = {"kind": "before", "public": True, "digest": "0" * 32, "width": 4, "height": 3}
    session.execute(insert(AppointmentPhoto), [row | photo for row in work])
    asked = {**shared, "version": 1, "contact_id": FIRST, "name": "Ana"}
    session.execute(insert(QuoteChangeRequest), [{**asked, "quote_id": n, "message": "?"} for n in ids[Quote]])
    requests = session.execute(select(QuoteChangeRequest.id, QuoteChangeRequest.quote_id)).all()
    said = {**shared, "version": 1, "name": "Olga", "message": "Yes"}
    session.execute(insert(QuoteReply), [{**said, "request_id": n, "quote_id": quote} for n, quote in requests])
    sent = {"company_id": company_id, "sent_at": NOW, "expires_at": NOW, "sent_by": "Olga", "email": "x"}
    rows = [{**sent, "contact_id": n, "digest": f"{n:064}"} for n in ids[Contact]]
    session.execute(insert(PortalInvitation), rows)
    add_automatic_payments(session, company_id)
    session.commit()


def add_automatic_payments(session, company_id: int):
    """A saved card and a consent of each customer, and an automatic payment of each invoice."""
    agreed = {"consent_version": "1", "consent_text": "Yes", "consented_at": NOW, "consent_name": "Ana"}
    agreed |= {"consent_ip": "", "consent_browser": "", "company_id": company_id}
    people = session.execute(select(Contact.id, Contact.customer_id).where(Contact.company_id == company_id)).all()
    mine = [{**agreed, "id": n, "customer_id": customer, "contact_id": n} for n, customer in people]
    cards = [{**row, "stripe_id": f"pm_{row['id']}", "account": "acct_sparkle", "saved_at": NOW} for row in mine]
    session.execute(insert(SavedMethod), cards)
    terms = {"cap": 1, "currency": "USD", "notice_days": 3}
    session.execute(insert(AutoPay), [{**row, **terms, "saved_method_id": row["id"]} for row in mine])
    consents = {customer: n for n, customer in people}
    invoices = session.execute(select(Invoice.id, Invoice.customer_id).where(Invoice.company_id == company_id)).all()
    planned = {"company_id": company_id, "amount": 1, "planned_on": NOW.date(), "next_on": NOW.date(), "told_at": NOW}
    rows = [{**planned, "invoice_id": n, "auto_pay_id": consents[customer]} for n, customer in invoices]
    session.execute(insert(AutoPayCharge), rows)


@contextmanager
def listening(app):
    """(engine, SQL, parameters) of every SELECT meanwhile."""
    seen = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(("SELECT", "WITH")):
            seen.append((connection.engine, statement, parameters))

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_each_statement_of_the_portal_is_planned_once_and_scans_no_table_of_a_company(app, busy):
    browser = Browser(app, "sparkle")
    browser.be(busy)
    with listening(app) as seen:
        statuses = {path: browser.get(path).status_code for path in [*pages(app), *ASKED]}
    assert list(statuses.values()).count(200) > 20
    assert max(statuses.values()) < 500
    found = {f"{step} in {statement[1]}" for statement in unique(seen) for step in walks(*statement)}
    assert found == set()
    assert [sql for engine, sql, values in unique(seen) if is_planned_again(engine, sql, values)] == []


def test_each_statement_about_one_row_in_the_office_is_planned_once_and_scans_no_table_of_a_company(app, busy, world):
    browser = Browser(app, "sparkle")
    browser.be(world.olga)
    paths = [path for path in pages(app, "office.") if str(FIRST) in path]
    with listening(app) as seen:
        statuses = {path: browser.get(path).status_code for path in paths}
    assert list(statuses.values()).count(200) > 20
    assert max(statuses.values()) < 500
    found = {f"{step} in {statement[1]}" for statement in unique(seen) for step in walks(*statement)}
    assert found == set()
    assert [sql for engine, sql, values in unique(seen) if is_planned_again(engine, sql, values)] == []


def test_free_times_are_found_without_reading_past_appointments(app, busy):
    browser = Browser(app, "sparkle")
    browser.be(busy)
    with listening(app) as seen:
        assert browser.get(f"/portal/book/time?{CHOSEN}").status_code == 200
    [taken] = [statement for statement in unique(seen) if "UNION ALL" in statement[1] and "time_off" in statement[1]]
    if taken[0].dialect.name == "sqlite":
        with taken[0].connect() as connection:
            steps = [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {taken[1]}", taken[2])]
        assert any("free_at>?" in step for step in steps)


def pages(app, door="portal."):
    """Every page behind a door, of the rows numbered FIRST."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(door) and "GET" in rule.methods:
            yield re.sub(r"<(int:)?\w+>", str(FIRST), rule.rule)


def unique(seen):
    return {statement: (engine, statement, parameters) for engine, statement, parameters in seen}.values()


def walks(engine, statement, parameters) -> list[str]:
    """The steps of a statement's plan that read all rows a company has in a table."""
    plan = sqlite_plan if engine.dialect.name == "sqlite" else postgresql_plan
    of_interest = large(engine.dialect.name)
    with engine.connect() as connection:
        return [f"{table}: {step}" for table, step in plan(connection, statement, parameters) if table in of_interest]


def is_planned_again(engine, statement, parameters) -> bool:
    """Whether SQLite plans it again at each execution, as it does when it compares a parameter with the condition of a
    partial index. While it plans, it asks its authorizer; a new one makes it plan once more.
    """
    if engine.dialect.name != "sqlite":
        return False
    asked = []
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.set_authorizer(lambda *_: asked.append(True) or 0)
        raw.execute(statement, parameters).fetchall()
        asked.clear()
        raw.execute(statement, parameters).fetchall()
        raw.set_authorizer(None)
    return bool(asked)


@cache
def large(dialect: str) -> set[str]:
    """The tables that grow. PostgreSQL takes any index for a table without rows, which therefore does not count."""
    mappers = db.Model.registry.mappers
    tables = {m.local_table for m in mappers if issubclass(m.class_, CompanyOwned)}
    if dialect == "postgresql":
        tables = {table for table in tables if db.session.scalar(select(exists().select_from(table)))}
    return {str(table.name) for table in tables} - SMALL


def sqlite_plan(connection, statement, parameters):
    names = dict(re.findall(r"(\w+) AS (\w+)", statement))
    aliases = {alias: table for table, alias in names.items()}
    for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
        found = re.fullmatch(r"(SCAN|SEARCH) (\w+)(.*)", step)
        if found and (found[1] == "SCAN" or found[3].endswith("(company_id=?)")):
            yield aliases.get(found[2], found[2]), step


def postgresql_plan(connection, statement, parameters):
    connection.execute(text("SET enable_seqscan = off"))
    partial = set(connection.scalars(text("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")))
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    for node in nodes(plan[0]["Plan"]):
        kind = node["Node Type"]
        condition = node.get("Index Cond") or node.get("Recheck Cond") or ""
        if node.get("Index Name") in partial:
            continue  # of few rows; here of none, where any condition will do
        if "Relation Name" in node and (kind == "Seq Scan" or re.fullmatch(r"(\(company_id = \S+\))?", condition)):
            yield node["Relation Name"], f"{kind} {condition}"


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)
