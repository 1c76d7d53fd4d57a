"""The sums and status on an invoice equal those of its ledger, and `sergio doctor` finds differences."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from sergio.commands import doctor as command
from sergio.extensions import db
from sergio.invoices.ledger import CHARGE, DISPUTE, PAYMENT, REFUND
from sergio.invoices.ledger_check import differences
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.lib.refused import Refused
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
MOVES = {
    "pay": lambda invoice, n: invoice.enter(PAYMENT, -1 - 1_000 * n, at=AT + n * timedelta(hours=1), source=f"pay {n}"),
    "pay all": lambda invoice, n: invoice.enter(PAYMENT, -12_000, at=AT, source=f"all {n}"),
    "refund": lambda invoice, n: invoice.enter(REFUND, 1_000 * n, at=AT, source=f"refund {n}"),
    "refund comes back": lambda invoice, n: invoice.enter(REFUND, -1_000 * n, at=AT, source=f"returned {n}"),
    "dispute": lambda invoice, n: invoice.enter(DISPUTE, 1_000 * n, at=AT, source=f"dispute {n}"),
    "dispute won": lambda invoice, n: invoice.enter(DISPUTE, -1_000 * n, at=AT, source=f"won {n}"),
    "charge": lambda invoice, n: invoice.enter(CHARGE, 500, at=AT, source=f"charge {n}"),
    "the same twice": lambda invoice, n: invoice.enter(CHARGE, 700, at=AT, source="once"),
    "clear": lambda invoice, n: invoice.mark_clearing(AT),
    "clear no more": lambda invoice, n: invoice.mark_clearing(None),
    "void": lambda invoice, n: void(invoice),
    "credit": lambda invoice, n: corrected(invoice.credit, 1_000 * n, "late", by=BY_OLGA, at=AT),
    "credit all": lambda invoice, n: corrected(invoice.credit, invoice.due, "late", by=BY_OLGA, at=AT),
    "write off": lambda invoice, n: corrected(invoice.write_off, "gone", by=BY_OLGA, at=AT),
    "undo": lambda invoice, n: corrected(invoice.undo_correction, invoice.entries[-1], "oops", by=BY_OLGA, at=AT),
    "check": lambda invoice, n: corrected(Payment.record, invoice, method=CHECK, amount=500 * n, by=BY_OLGA, at=AT),
    "check undone": lambda invoice, n: undo_last(invoice),
}


def void(invoice: Invoice):
    with suppress(Refused):
        invoice.void(at=AT, by=BY_OLGA)


def corrected(verb, *args, **more):
    with suppress(Refused):
        verb(*args, **more)


def undo_last(invoice: Invoice):
    """Undo the last recorded payment."""
    recorded = Payment.company_id == invoice.company_id, Payment.invoice_id == invoice.id
    payment = db.session.scalars(select(Payment).where(*recorded).order_by(Payment.id.desc())).first()
    if payment:
        payment.undo("bounced", by=BY_OLGA, at=AT)


def read_again(invoice: Invoice, session) -> Invoice:
    """The invoice locked, with nothing of it loaded before."""
    session.flush()
    session.expire_all()
    return session.scalars(Invoice.locked(invoice.id)).one()


@pytest.mark.parametrize("move", MOVES)
def test_after_every_kind_of_entry_the_row_agrees_with_the_ledger(invoice, session, move):
    for n in (1, 2):
        MOVES[move](read_again(invoice, session), n)
        session.flush()
        assert list(differences()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=8))
def test_entries_in_any_order_agree(invoice, session, moves):
    session().begin_writing()
    with session.begin_nested() as savepoint:
        found = read_again(invoice, session)
        for n, move in enumerate(moves, 1):
            MOVES[move](found, n)
        session.flush()
        assert list(differences()) == []
        savepoint.rollback()


def test_a_draft_agrees_too(session, ana):
    builders.draft(ana)
    session.flush()
    assert list(differences()) == []


@pytest.mark.parametrize("status", ["paid", "void", "draft", "overdue", "processing"])
def test_the_database_refuses_a_wrong_status(invoice, session, status):
    invoice.status = status
    with pytest.raises(IntegrityError, match="ck_invoice_status"):
        session.flush()
    session.rollback()


def test_a_date_without_its_projection_is_refused(invoice, session):
    invoice.clearing_since = AT
    with pytest.raises(IntegrityError, match="ck_invoice_status"):
        session.flush()
    session.rollback()


@pytest.fixture
def doctor(app, session, monkeypatch):
    """`doctor()`: what the command prints, and how it exits."""
    monkeypatch.setattr(command, "app_with_its_tables", lambda: app)

    def run():
        session.commit()
        result = CliRunner().invoke(command.doctor)
        session.rollback()
        return result.output, result.exit_code

    return run


def test_the_doctor_finds_no_difference_in_correct_invoices(invoice, doctor):
    invoice.enter(PAYMENT, -5_000, at=AT, source="check")
    assert doctor() == ("Everything agrees.\n", 0)


def test_the_doctor_names_a_row_that_somebody_changed(invoice, cleo, session, doctor):
    invoice.enter(PAYMENT, -5_000, at=AT, source="check")
    builders.invoice(cleo)
    builders.by_hand("UPDATE invoice SET due = due + 1, total = 7 WHERE id = :id", id=invoice.id)
    output, code = doctor()
    assert output.splitlines() == [
        "sparkle, invoice 1: total is 7, its ledger says 12000",
        "sparkle, invoice 1: due is 7001, its ledger says 7000",
        "2 differences.",
    ]
    assert code == 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("voided_at = '2026-03-09 12:00:00.000000', status = 'void'", "voided_at is 2026-03-09"),
        ("due_on = '2027-01-01'", "due_on is 2027-01-01, its document says 2026-03-16"),
        ("currency = 'EUR'", "currency is EUR, its document says USD"),
        ("number = 9", "number is 9, its document says 1"),
        ("title = 'Gift'", "title is Gift, its document says Spring clean"),
    ],
    ids=["void", "day", "currency", "number", "title"],
)
def test_the_doctor_names_a_row_that_says_something_else_than_was_issued(invoice, session, doctor, change, found):
    builders.by_hand(f"UPDATE invoice SET {change} WHERE id = :id", id=invoice.id)
    output, code = doctor()
    assert found in output
    assert code == 1


def test_the_doctor_names_a_row_that_misses_an_entry(invoice, session, doctor):
    builders.by_hand(
        "INSERT INTO ledger_entry (company_id, invoice_id, kind, amount, at, entered_on, source, memo)"
        " VALUES (:company, :invoice, 'payment', -12000, '2026-03-09 12:00:00.000000', '2026-03-09', 'by hand', '')",
        company=invoice.company_id,
        invoice=invoice.id,
    )
    output, code = doctor()
    for words in ("due is 12000, its ledger says 0", "status is open, its ledger says paid", "paid_at is None"):
        assert words in output
    assert code == 1


def test_locking_an_invoice_reads_its_new_entries(invoice, session):
    """Two that each enter a payment: the second has read the invoice before the first one committed."""
    assert [entry.kind for entry in invoice.entries] == [CHARGE]
    with db.engine.begin() as connection:
        first = {"company_id": invoice.company_id, "invoice_id": invoice.id, "kind": PAYMENT, "amount": -5_000}
        first |= {"at": AT, "entered_on": AT.date(), "source": "the first", "memo": ""}
        connection.execute(insert(LedgerEntry.__table__), first)
        connection.execute(update(Invoice.__table__).values(due=7_000))
    found = session.scalars(Invoice.locked(invoice.id)).one()
    found.enter(PAYMENT, -1_000, at=AT, source="the second")
    session.commit()
    assert found.due == 6_000
    assert list(differences()) == []
