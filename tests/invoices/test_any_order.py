"""What staff and Stripe do with an invoice, in any order: columns, ledger, statement and running sums say the same.

The expected amounts are counted here from the verbs that were not refused, apart from the code of the ledger.
"""

import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from sergio.audit.actor import BY_STRIPE
from sergio.invoices import ledger_check, open_sums, paid_sums
from sergio.invoices.ledger import CREDIT, DISPUTE, REFUND, WRITE_OFF
from sergio.invoices.models import Invoice
from sergio.invoices.open_sums import OpenSum
from sergio.invoices.paid_sums import PaidSum
from sergio.invoices.periods import Period
from sergio.invoices.statement import accounts
from sergio.lib.refused import Refused
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices.builders import BY_OLGA

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
TOTAL = 12_000
SEQUENCES, LONGEST = 80, 12
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


class Books:
    """An invoice, and how much of each was paid, credited and so on, by what was done with it."""

    def __init__(self, invoice: Invoice, session, dice: random.Random):
        self.invoice, self.session, self.dice = invoice, session, dice
        self.checks: dict[Payment, int] = {}
        self.corrections: dict = {}
        self.online = self.refunded = self.disputed = self.cancelled = 0
        self.is_void = self.is_clearing = False
        self.done = 0

    @property
    def how(self) -> dict:
        return {"by": BY_OLGA, "at": AT + self.done * timedelta(days=3)}

    @property
    def paid(self) -> int:
        return sum(self.checks.values()) + self.online

    @property
    def due(self) -> int:
        return TOTAL - self.paid - sum(self.corrections.values()) - self.cancelled

    @property
    def surplus(self) -> int:
        return max(0, -(self.due + self.refunded + self.disputed))

    @property
    def owed(self) -> int:
        return self.due if self.due > 0 else -self.surplus

    def some(self) -> int:
        return self.dice.choice((1, 500, 4_000, max(1, self.due)))

    def do(self):
        self.done += 1
        with suppress(Refused):
            self.dice.choice(VERBS)(self)
        self.session.flush()

    def record(self):
        amount = self.some()
        surplus = self.dice.choice((0, amount))
        received_at = self.how["at"] - self.dice.choice((0, 40)) * timedelta(days=1)
        more = {"amount": amount, "surplus": surplus, "received_at": received_at}
        payment = Payment.record(self.invoice, method=CHECK, **more, **self.how)
        self.checks[payment] = amount

    def undo_record(self):
        if self.checks:
            payment = self.dice.choice([*self.checks])
            payment.undo("bounced", **self.how)
            payment.undo("pressed twice", **self.how)
            del self.checks[payment]

    def pay_online(self):
        """As Stripe reports it: also when it was not due any more."""
        amount = self.some()
        self.invoice.mark_clearing(None)
        self.is_clearing = False
        payment = Payment._of(self.invoice, amount, method="card", at=self.how["at"])
        payment.enter(f"pi_{self.done}:succeeded", by=BY_STRIPE, at=self.how["at"])
        self.online += amount

    def refund(self):
        amount = min(self.some(), self.online - self.refunded - self.disputed)
        if amount > 0:
            self.invoice.enter(REFUND, amount, at=self.how["at"], source=f"re_{self.done}")
            self.refunded += amount

    def dispute(self):
        amount = self.online - self.refunded - self.disputed
        if amount > 0:
            self.invoice.enter(DISPUTE, amount, at=self.how["at"], source=f"dp_{self.done}")
            self.disputed += amount

    def win(self):
        if self.disputed:
            self.invoice.enter(DISPUTE, -self.disputed, at=self.how["at"], source=f"dp_{self.done}:won")
            self.disputed = 0

    def clear(self):
        if self.due > 0:
            self.is_clearing = not self.is_clearing
            self.invoice.mark_clearing(AT if self.is_clearing else None)

    def credit(self):
        amount = self.some()
        self.invoice.credit(amount, "late", **self.how)
        self.corrections[self.newest(CREDIT)] = amount

    def write_off(self):
        due = self.due
        self.invoice.write_off("gone", **self.how)
        self.corrections[self.newest(WRITE_OFF)] = due

    def newest(self, kind: str):
        self.session.flush()
        return max((entry for entry in self.invoice.entries if entry.kind == kind), key=lambda entry: entry.id)

    def undo_correction(self):
        if self.corrections:
            entry = self.dice.choice([*self.corrections])
            self.invoice.undo_correction(entry, "oops", **self.how)
            self.invoice.undo_correction(entry, "pressed twice", **self.how)
            del self.corrections[entry]

    def void(self):
        due = self.due
        was_void = self.is_void
        self.invoice.void(**self.how)
        self.is_void = True
        self.cancelled += 0 if was_void else due

    def expected_status(self) -> str:
        if self.surplus:
            return "overpaid"
        if self.is_void:
            return "void"
        if self.disputed:
            return "disputed"
        if self.due > 0:
            return "processing" if self.is_clearing else "open"
        return ""


VERBS = (
    *(Books.record, Books.record, Books.undo_record, Books.pay_online, Books.refund, Books.dispute, Books.win),
    *(Books.clear, Books.credit, Books.write_off, Books.undo_correction, Books.undo_correction, Books.void),
)


def test_after_any_sequence_of_verbs_everything_says_the_same(session, ana, invoice):
    dice = random.Random(9)
    session().begin_writing()
    for sequence in range(SEQUENCES):
        with session.begin_nested() as savepoint:
            books = Books(read_again(invoice.id, session), session, dice)
            for _step in range(dice.randint(3, LONGEST)):
                books.do()
            check(books, ana, f"sequence {sequence}")
            savepoint.rollback()


def read_again(invoice_id: int, session) -> Invoice:
    """The invoice locked, with nothing of it loaded before."""
    session.expire_all()
    return session.scalars(Invoice.locked(invoice_id)).one()


def check(books: Books, ana, which: str):
    session, invoice = books.session, read_again(books.invoice.id, books.session)
    found = invoice.due, invoice.refunded, invoice.disputed, invoice.surplus, invoice.paid
    assert found == (books.due, books.refunded, books.disputed, books.surplus, books.paid), which
    assert invoice.status == (books.expected_status() or invoice.status), which
    assert books.expected_status() or invoice.status in ("paid", "refunded", "credited", "written_off"), which
    assert books.owed <= 0 or not books.is_void, f"{which}: something is due on a void invoice"
    [account] = accounts(ana.company, ana.customer_id, YEAR, AT.date())
    assert account.closing == books.owed == account.opening + sum(line.amount for line in account.lines), which
    mine = OpenSum.company_id == ana.company_id, PaidSum.company_id == ana.company_id
    assert (session.scalar(select(func.sum(OpenSum.amount)).where(mine[0])) or 0) == abs(books.owed), which
    kept = session.scalar(select(func.sum(PaidSum.amount)).where(mine[1])) or 0
    assert kept == books.paid - books.refunded - books.disputed, which
    for checked in (ledger_check, open_sums, paid_sums):  # as `sergio doctor` does
        assert list(checked.differences()) == [], which
