"""Statements of account: the balances are those of the ledgers, in the office, on the portal, by email and as a PDF."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from sergio.invoices.ledger import DISPUTE, PAYMENT, REFUND
from sergio.invoices.periods import Period
from sergio.invoices.statement import accounts
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

pytestmark = pytest.mark.usefixtures("clock")
DAY = timedelta(days=1)
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
TODAY = date(2026, 3, 9)
OFFICE, PORTAL = "/office/customers/1/statement", "/portal/statement"


def statement(contact, first="2026-01-01", last="2026-12-31", today=TODAY):
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    return accounts(contact.company, contact.customer_id, period, today)


def owed_on(invoice) -> int:
    """What is owed on an invoice, from its own sums."""
    return invoice.due if invoice.due > 0 else -invoice.surplus


def test_opening_lines_and_closing_of_a_period(session, ana):
    early = builders.invoice(ana, 10_000, at=builders.ISSUED - 60 * DAY)
    Payment.record(early, method=CHECK, reference="1042", amount=4_000, by=BY_OLGA, at=AT - 5 * DAY)
    builders.invoice(ana, 5_000, at=AT - 3 * DAY, title="Windows")
    early.credit(1_000, "Late", by=BY_OLGA, at=AT - 2 * DAY)
    session.flush()
    [account] = statement(ana, "2026-03-01", "2026-03-31")
    assert (account.opening, account.closing, account.overdue) == (10_000, 10_000, 5_000)
    assert [(line.title, line.note, line.amount, line.balance) for line in account.lines] == [
        ("Payment", "invoice 1, Check 1042, receipt 1", -4_000, 6_000),
        ("Invoice 2", "Windows", 5_000, 11_000),
        ("Credit", "invoice 1, Late", -1_000, 10_000),
    ]


def test_refunded_money_is_not_due_again(session, ana):
    invoice = builders.invoice(ana, 10_000)
    invoice.enter(PAYMENT, -10_000, at=AT, source="check")
    invoice.enter(REFUND, 3_000, at=AT, source="refund")
    session.flush()
    [account] = statement(ana)
    assert [line.amount for line in account.lines] == [10_000, -10_000, 3_000, -3_000]
    assert account.closing == 0


def test_a_refunded_surplus_is_settled(session, ana):
    invoice = builders.invoice(ana, 10_000)
    invoice.enter(PAYMENT, -25_000, at=AT, source="check")
    session.flush()
    assert statement(ana)[0].closing == -15_000
    invoice.enter(REFUND, 15_000, at=AT, source="refund")
    session.flush()
    assert [line.balance for line in statement(ana)[0].lines] == [10_000, -15_000, 0]


MOVES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["pay", "refund", "refund back", "dispute", "won", "credit", "write off", "void", "undo"]),
        st.integers(1, 9_000),
        st.integers(0, 80),
    ),
    max_size=14,
)


def move(invoice, kind, amount, at, source):
    """One thing that happens to an invoice; what its rules refuse does not happen."""
    by = {"by": BY_OLGA, "at": at}
    if kind in ("credit", "write off", "undo", "void"):
        verbs = {
            "credit": lambda: invoice.credit(min(amount, max(invoice.due, 1)), "x", **by),
            "write off": lambda: invoice.write_off("x", **by),
            "undo": lambda: invoice.undo_correction(invoice.entries[-1], "x", **by),
            "void": lambda: invoice.void(**by),
        }
        try:
            verbs[kind]()
        except Exception as refusal:
            assert type(refusal).__name__ == "Refused"  # noqa: PT017
        return
    signed = {
        "pay": (PAYMENT, -amount),
        "refund": (REFUND, amount),
        "refund back": (REFUND, -amount),
        "dispute": (DISPUTE, amount),
        "won": (DISPUTE, -amount),
    }[kind]
    invoice.enter(*signed, at=at, source=source)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(moves=MOVES, first=st.integers(-5, 80), length=st.integers(0, 90))
def test_the_closing_balance_is_the_sum_of_what_is_owed(session, ana, moves, first, length):
    session().begin_writing()
    with session.begin_nested() as savepoint:
        made = [builders.invoice(ana, 10_000 * n, at=builders.ISSUED + n * 10 * DAY) for n in (1, 2, 3)]
        for n, (which, kind, amount, days) in enumerate(moves):
            move(made[which], kind, amount, builders.ISSUED + days * DAY, f"{n} {kind}")
        session.flush()
        [whole] = statement(ana, "2025-01-01", "2027-12-31")
        assert (whole.opening, whole.closing) == (0, sum(map(owed_on, made)))
        begin = date(2026, 3, 2) + first * DAY
        cuts = ["2025-01-01", begin.isoformat(), (begin + length * DAY).isoformat(), "2027-12-31"]
        parts = [
            statement(ana, "2025-01-01", (begin - DAY).isoformat()),
            statement(ana, cuts[1], cuts[2]),
            statement(ana, (begin + (length + 1) * DAY).isoformat(), "2027-12-31"),
        ]
        balances = [(part.opening, part.closing) for [part] in parts]
        assert balances[0][0] == 0
        assert balances[0][1] == balances[1][0]
        assert balances[1][1] == balances[2][0]
        assert balances[2][1] == whole.closing
        for [part] in parts:
            assert part.opening + sum(line.amount for line in part.lines) == part.closing
        savepoint.rollback()


def test_currencies_are_apart(session, ana):
    builders.invoice(ana, 10_000)
    builders.invoice(ana, 5_000, currency="EUR")
    session.flush()
    assert [(each.currency, each.closing) for each in statement(ana)] == [("USD", 10_000), ("EUR", 5_000)]


def text_of(response) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(response.data)).pages)


@pytest.fixture
def worked(ana, session):
    invoice = builders.invoice(ana, 10_000)
    Payment.record(invoice, method=CHECK, amount=2_500, by=BY_OLGA, at=AT)
    session.commit()
    return invoice


@pytest.mark.parametrize(("who", "path"), [("olga", OFFICE), ("ana", PORTAL)])
def test_the_page_and_the_pdf_say_the_same(world, browser_of, worked, who, path):
    browser = browser_of(getattr(world, who))
    page = browser.get(path)
    assert page.status_code == 200
    pdf = text_of(browser.get(f"{path}.pdf"))
    for words in ("Opening balance", "$0.00", "$100.00", "-$25.00", "Closing balance", "$75.00"):
        assert words in page.text
        assert words in pdf


@pytest.mark.parametrize(("who", "path"), [("olga", OFFICE), ("ana", PORTAL)])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-05-01&to=2026-04-01", "The last day is before the first day."),
        ("from=yesterday", "Enter a date such as 2026-11-30."),
        ("to=2026-02-30", "Enter a date such as 2026-11-30."),
        ("from=0001-01-01", "Enter a date such as 2026-11-30."),
    ],
)
def test_bad_dates_say_so(world, browser_of, worked, who, path, query, sentence):
    browser = browser_of(getattr(world, who))
    page = browser.get(f"{path}?{query}")
    assert page.status_code == 422
    assert sentence in page.text
    assert "Closing balance" not in page.text
    assert browser.get(f"{path}.pdf?{query}").status_code == 303


def test_a_statement_takes_four_statements_however_long_it_is(browser_of, olga, ana, worked, statements, session):
    for n in range(30):
        builders.invoice(ana, 1_000 + n).enter(PAYMENT, -1_000, at=AT, source=f"check {n}")
    session.commit()
    for browser, path, most in ((browser_of(ana), PORTAL, 3), (browser_of(olga), OFFICE, 4)):
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, seen


def test_staff_email_it(browser_of, olga, worked, outbox):
    browser = browser_of(olga)
    sent = browser.post(f"{OFFICE}/sending", {"from": "2026-03-01", "to": "2026-03-31"})
    assert sent.location == f"{OFFICE}?from=2026-03-01&to=2026-03-31"
    [email] = outbox.emails
    assert (email.to, email.subject) == ("ana@example.com", "Your statement from Sparkle Cleaning")
    for words in ("Opening balance: $0.00", "Closing balance: $75.00", "/portal/statement?from=2026-03-01"):
        assert words in email.text
    browser.post(f"{OFFICE}/sending", {"from": "2026-05-01", "to": "2026-03-31"})
    assert len(outbox.emails) == 1


def test_a_customer_sees_only_their_own(browser_of, ben, cleo, worked, world):
    for person in (ben, cleo):
        assert "$100.00" not in browser_of(person).get(PORTAL).text
    assert browser_of(world.rita).get(OFFICE).status_code in (200, 404)
    assert "$100.00" not in browser_of(world.rita).get(OFFICE).text


def test_what_the_company_hides_is_hidden(browser_of, ana, sparkle, worked, session):
    sparkle.shows_documents = False
    session.commit()
    browser = browser_of(ana)
    assert browser.get(f"{PORTAL}.pdf").status_code == 404
    assert f"{PORTAL}.pdf" not in browser.get(PORTAL).text
    sparkle.shows_invoices = False
    session.commit()
    assert browser.get(PORTAL).status_code == 404


def test_nobodys_mailbox_is_flooded_with_statements(browser_of, olga, ana, outbox):
    browser, path = browser_of(olga), f"/office/customers/{ana.customer.number}/statement/sending"
    answers = [browser.post(path, {"from": "2026-01-01", "to": "2026-02-01"}).status_code for _time in range(8)]
    assert answers == [303] * 6 + [429] * 2
    assert len(outbox.subjects) == 6
