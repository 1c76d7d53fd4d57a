"""The office's list of payments: tabs, filters, sorts, and the CSV of the same."""

from datetime import timedelta

import pytest

from sergio.lib import clock
from sergio.payments.methods import CASH, CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

LIST = "/office/payments"


@pytest.fixture
def payments(session, ana, ben, card_form, receive_events, sandbox):
    """1: a card, refunded in part. 2: a check of Ben's from a month ago. 3: cash, undone."""
    builders.invoice(ana, title="Card job")
    session.commit()
    form = card_form(ana)
    form.pay()
    receive_events()
    sandbox.refund(form.intent, 1_000)
    receive_events()
    month_ago = clock.now() - timedelta(days=31)
    check = builders.invoice(ben, 50_000, title="Check job")
    Payment.record(check, method=CHECK, reference="1042", by=BY_OLGA, at=clock.now(), received_at=month_ago)
    cash = Payment.record(builders.invoice(ana, 1_000, title="Cash job"), method=CASH, by=BY_OLGA, at=clock.now())
    cash.undo("Not received", by=BY_OLGA, at=clock.now())
    session.commit()
    return form.intent


def titles(page: str) -> list[str]:
    found = {title: page.index(title) for title in ("Card job", "Check job", "Cash job") if title in page}
    return sorted(found, key=lambda title: found[title])


def test_it_is_narrowed_sorted_and_searched(payments, browser_of, olga, ben, sparkle):
    browser = browser_of(olga)
    today = sparkle.day(clock.now())
    for query, wanted in {
        "": ["Cash job", "Card job", "Check job"],
        "?sort=amount": ["Check job", "Card job", "Cash job"],
        "?show=refunded": ["Card job"],
        "?show=undone": ["Cash job"],
        "?show=disputed": [],
        "?show=refund_failed": [],
        "?method=check": ["Check job"],
        "?method=gold": ["Cash job", "Card job", "Check job"],
        f"?from={today}": ["Cash job", "Card job"],
        f"?to={today - timedelta(days=20)}": ["Check job"],
        f"?customer={ben.customer.number}": ["Check job"],
        "?q=1042": ["Check job"],
        "?q=4242": ["Card job"],
        f"?q={payments}": ["Card job"],
        "?q=3": ["Cash job"],
        "?q=nothing": [],
        "?q=%00'": [],
        f"?method=card&sort=amount&from={today}&q=4242": ["Card job"],
    }.items():
        page = browser.get(LIST + query)
        assert page.status_code == 200
        assert titles(page.text) == wanted, query


def test_the_csv_has_what_the_list_has(payments, browser_of, olga):
    browser = browser_of(olga)
    assert "/office/payments.csv?show=all&amp;method=check" in browser.get(f"{LIST}?method=check").text
    lines = browser.get("/office/payments.csv?show=all&method=check").text.splitlines()
    assert len(lines) == 2
    assert "1042" in lines[1]
    card = browser.get("/office/payments.csv?show=refunded").text.splitlines()[1]
    assert "10.00" in card
    assert "3.78" in card


def test_what_banks_are_working_on_is_shown(session, ana, invoice, browser_of, olga, sandbox, receive_events, sparkle):
    from sergio.payments import checkout
    from sergio.payments.methods import BANK_ACCOUNT
    from sergio.payments.models import PaymentAttempt
    from sergio.payments.stripe.gateway import Gateway

    sparkle.accepts_bank_debits = sparkle.bank_debits_enabled = True
    session.commit()
    attempt = PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_OLGA, at=clock.now(), method=BANK_ACCOUNT)
    session.commit()
    checkout.open_intent(checkout.snapshot_of(attempt), Gateway("acct_sparkle"), by=BY_OLGA)
    intent, account = attempt.intent, sandbox.payment_method("000123456789", "acct_sparkle")
    session.commit()
    Gateway("acct_sparkle").confirm(intent, account, off_session=False)
    receive_events()
    waiting = browser_of(olga).get(f"{LIST}?show=waiting").text
    assert "Spring clean" in waiting
    assert "since " in waiting
    page = browser_of(ana).get("/portal/invoices/1/payment").text
    assert "Waiting for your bank until" in page


def test_no_page_takes_more_statements_than_it_may(payments, browser_of, olga, statements):
    browser = browser_of(olga)
    paths = {
        LIST: 4,
        f"{LIST}?show=waiting": 4,
        f"{LIST}?show=refunded&method=card&q=4242": 4,
        f"{LIST}/1": 4,
        "/office/payments/disputes": 3,
    }
    for path, most in paths.items():
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, (path, len(seen), seen)
