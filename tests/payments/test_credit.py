"""What a customer paid too much for one invoice, used for another one."""

import random
from contextlib import suppress
from datetime import date, timedelta
from threading import Thread

import pytest

from sergio.extensions import db
from sergio.invoices import ledger_check, open_sums, paid_sums
from sergio.invoices.models import Invoice
from sergio.invoices.periods import Period
from sergio.invoices.statement import accounts
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.moved_credit import MovedCredit, credit_of
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.refundable import left_of
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.invoices.fields import fields_of

PAGE = "/office/payments/credit/of-invoice/{}"


@pytest.fixture
def overpaid(session, ana):
    """Invoice 1 of 100 dollars, of which 150 were paid, and invoice 2 of 80 dollars, unpaid."""
    first, second = builders.invoice(ana, 10_000), builders.invoice(ana, 8_000, title="Windows")
    Payment.record(first, method=CHECK, amount=15_000, surplus=5_000, by=BY_OLGA, at=clock.now())
    session.commit()
    return first, second


def dues(session) -> list[tuple[int, int, str]]:
    session.rollback()
    rows = session.scalars(db.select(Invoice).order_by(Invoice.id)).all()
    return [(invoice.due, invoice.surplus, invoice.status) for invoice in rows]


def test_staff_use_the_credit_and_both_invoices_and_the_statement_say_so(overpaid, session, browser_of, olga, ana):
    browser = browser_of(olga)
    assert "Use $50.00 on invoice 2" in browser.get(PAGE.format(1)).text
    assert "Use $50.00 here" in browser.get(PAGE.format(2)).text
    done = browser.post(PAGE.format(1), data={"other": "2"}, follow_redirects=True).text
    assert "$50.00 is used for invoice 2." in done
    assert dues(session) == [(0, 0, "paid"), (3_000, 0, "open")]
    assert "to invoice 2" in done
    theirs = browser_of(ana)
    assert "from invoice 1" in theirs.get("/portal/invoices/2").text
    statement = theirs.get("/portal/statement").text
    assert "Credit moved" in statement
    assert list(ledger_check.differences()) == list(open_sums.differences()) == list(paid_sums.differences()) == []


def test_it_can_be_undone_once(overpaid, session, browser_of, olga):
    browser = browser_of(olga)
    browser.post(PAGE.format(2), data={"other": "1"})
    assert "Undo: $50.00 of credit" in browser.get(PAGE.format(2)).text
    for _again in range(2):
        browser.post("/office/payments/credit/1/undoing")
    assert dues(session) == [(0 - 5_000, 5_000, "overpaid"), (8_000, 0, "open")]
    browser.post(PAGE.format(2), data={"other": "1"})
    assert dues(session) == [(0, 0, "paid"), (3_000, 0, "open")]


def test_it_is_offered_when_the_next_invoice_is_issued(overpaid, session, browser_of, olga, ana):
    draft = builders.draft(ana, 2_000, title="Gutters")
    session.commit()
    browser, path = browser_of(olga), f"/office/invoices/drafts/{draft.id}"
    issued = browser.post(path, data=fields_of(browser.get(path)) | {"do": "issue"})
    assert issued.location == "/office/payments/credit/of-invoice/3?issued=y"
    shown = browser.get(issued.location).text
    assert "Use $20.00 here" in shown
    assert "/office/invoices/3/sending" in shown


@pytest.mark.parametrize("how", ["other customer", "other currency", "no credit", "void"])
def test_what_is_not_theirs_or_not_there_is_not_used(overpaid, session, ben, ana, how):
    first, second = overpaid
    target = second
    if how == "other customer":
        target = builders.invoice(ben, 1_000)
    elif how == "other currency":
        target = builders.invoice(ana, 1_000, currency="EUR")
    elif how == "void":
        second.void(by=BY_OLGA, at=clock.now())
    session.commit()
    source = second if how == "no credit" else first
    with pytest.raises(Refused):
        MovedCredit.move(source.id, first.id if how == "no credit" else target.id, by=BY_OLGA, at=clock.now())


def test_a_rival_finds_nothing(overpaid, session, browser_of, world):
    MovedCredit.move(overpaid[0].id, overpaid[1].id, by=BY_OLGA, at=clock.now())
    session.commit()
    browser = browser_of(world.rita)
    assert browser.get(PAGE.format(1)).status_code == 404
    assert browser.post(PAGE.format(1), data={"other": "2"}).status_code == 404
    assert browser.post("/office/payments/credit/1/undoing").status_code == 404


def test_used_credit_is_not_refunded_as_well(overpaid, session):
    MovedCredit.move(overpaid[0].id, overpaid[1].id, by=BY_OLGA, at=clock.now())
    session.commit()
    payment = session.scalars(db.select(Payment)).one()
    assert left_of(payment) == 10_000
    about = {"whole": False, "refunded": 0, "reason": "duplicate", "method": "cash"}
    with pytest.raises(Refused, match=r"At most \$100.00"):
        RefundRequest.make(payment, 10_001, by=BY_OLGA, at=clock.now(), **about)


def test_an_invoice_with_used_credit_is_not_voided(overpaid, session):
    MovedCredit.move(overpaid[0].id, overpaid[1].id, by=BY_OLGA, at=clock.now())
    with pytest.raises(Refused, match="Undo that first"):
        overpaid[1].void(by=BY_OLGA, at=clock.now())


@pytest.mark.usefixtures("slow_writing")
def test_two_people_at_once_use_it_once(overpaid, session, browser_of, olga, nora):
    session.commit()
    first, second = browser_of(olga), browser_of(nora)
    tries = [(first, PAGE.format(1), "2"), (second, PAGE.format(2), "1")]
    threads = [Thread(target=each.post, args=(path,), kwargs={"data": {"other": no}}) for each, path, no in tries]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert dues(session) == [(0, 0, "paid"), (3_000, 0, "open")]
    assert len(session.scalars(db.select(MovedCredit)).all()) == 1


YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_paid_moved_undone_and_given_back_the_sums_agree(seed, session, ana, sparkle):
    dice, at = random.Random(seed), builders.ISSUED
    invoices = [builders.invoice(ana, dice.randrange(1_000, 9_000)) for _n in range(3)]
    for _step in range(14):
        at += timedelta(days=1)
        how, invoice, other = {"by": BY_OLGA, "at": at}, *dice.sample(invoices, 2)
        with suppress(Refused):
            STEPS[dice.choice(list(STEPS))](invoice, other, dice, how)
        session.flush()
        assert all(credit_of(each) >= 0 for each in invoices)
    owed = sum(each.due if each.due > 0 else -each.surplus for each in invoices)
    (account,) = accounts(sparkle, ana.customer_id, YEAR, at.date())
    assert account.closing == owed
    moved = [entry.amount for each in invoices for entry in each.entries if entry.kind == "moved_credit"]
    assert sum(moved) == 0
    session.commit()
    assert list(ledger_check.differences()) == list(open_sums.differences()) == list(paid_sums.differences()) == []


def pay(invoice, _other, dice, how):
    Payment.record(invoice, method=CHECK, amount=dice.randrange(1, 12_000), surplus=12_000, **how)


def undo(_invoice, _other, dice, how):
    if moves := db.session.scalars(db.select(MovedCredit)).all():
        dice.choice(moves).undo(**how)


def give_back(invoice, _other, dice, how):
    """Refund a part of a payment by hand, due again or not."""
    payment = db.session.scalars(db.select(Payment).where(Payment.invoice_id == invoice.id)).first()
    if payment is None:
        return
    refunded = sum(refund.amount for refund in payment.refunds if refund.went_through)
    about = {"whole": False, "refunded": refunded, "reason": "duplicate", "method": "cash"}
    RefundRequest.make(payment, dice.randrange(1, 6_000), due_again=dice.random() < 0.5, **about, **how)


STEPS = {
    "pay": pay,
    "move": lambda invoice, other, _dice, how: MovedCredit.move(invoice.id, other.id, **how),
    "move back": lambda invoice, other, _dice, how: MovedCredit.move(other.id, invoice.id, **how),
    "undo": undo,
    "give back": give_back,
    "credit": lambda invoice, _other, dice, how: invoice.credit(dice.randrange(1, 3_000), "Sorry", **how),
}
