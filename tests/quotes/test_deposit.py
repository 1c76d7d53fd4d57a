"""Deposits: shown before signing, invoiced on acceptance, and deducted from the rest."""

import pytest
from sqlalchemy import func, select

from sergio.audit.actor import BY_SYSTEM
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.quotes import invoicing
from sergio.quotes.evidence import deposit_of
from tests.factories import by
from tests.quotes.builders import SIGNED, acceptance, sent, total

AT = "/portal/quotes/1"


def now() -> dict:
    return {"by": BY_SYSTEM, "at": clock.now()}


@pytest.fixture
def quote(session, ana):
    """Quote 1 of Ana's, $1,365.50 with a deposit of 20 %, sent today."""
    quote = sent(ana, deposit_rate=2000)
    session.commit()
    return quote


def accept(quote, contact):
    shown = total(quote)
    quote.accept(contact, SIGNED, [], version=quote.version, shown=shown, by=by(contact), at=clock.now())


def invoices(session) -> list[Invoice]:
    return list(session.scalars(select(Invoice).order_by(Invoice.number)))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"rate": 2000, "amount": 0}, 20_000),
        ({"rate": 3333, "amount": 0}, 33_330),
        ({"rate": 0, "amount": 30_000}, 30_000),
        ({"rate": 0, "amount": 200_000}, 100_000),
        ({"rate": 0, "amount": 0}, 0),
    ],
)
def test_a_deposit_is_a_part_of_the_total_and_never_more(terms, expected):
    assert deposit_of(100_000, terms) == expected


def test_there_is_no_deposit_on_a_total_below_zero():
    assert deposit_of(-500, {"rate": 2000, "amount": 0}) == deposit_of(-500, {"rate": 0, "amount": 100}) == 0


def test_the_deposit_is_shown_before_signing_and_follows_the_choice(browser_of, ana, quote):
    browser = browser_of(ana)
    assert "A deposit of $273.10 is due when you accept." in browser.get(AT).text
    gate = quote.lines[1].id
    assert "A deposit of $330.00 is due when you accept." in browser.get(f"{AT}/total?chosen={gate}", htmx=True).text


def test_accepting_issues_the_invoice_and_leads_to_paying_it(browser_of, session, ana, quote, outbox):
    browser = browser_of(ana)
    page = browser.post(f"{AT}/acceptance", acceptance(quote), follow_redirects=True).text
    [deposit] = invoices(session)
    assert (deposit.total, deposit.due_on, deposit.quote_part) == (26_400, deposit.issued_on, "deposit")
    assert (deposit.title, [line.description for line in deposit.lines]) == (
        "Deposit: Garden fence",
        ["Deposit for quote 1"],
    )
    assert f'href="/portal/invoices/{deposit.number}"' in page
    assert "Deposit due" in page
    [copy] = [email for email in outbox.emails if email.subject.startswith("You accepted")]
    assert copy.text.count("https://sparkle.sergio.test/d/") == 2
    assert quote.acceptance.offer["deposit"] == 26_400


def test_the_invoice_of_a_quote_with_the_longest_title_is_issued(session, ana):
    quote = sent(ana, deposit_rate=2000, title="x" * 200)
    accept(quote, ana)
    assert invoices(session)[0].title == "Deposit: " + "x" * 191


def test_a_paid_deposit_is_shown_as_paid(browser_of, session, ana, quote):
    accept(quote, ana)
    Payment.record(invoices(session)[0], method=CASH, **now())
    session.commit()
    assert "Your deposit of $264.00 is paid." in browser_of(ana).get(AT).text


def test_an_accepted_quote_with_a_deposit_takes_three_statements(browser_of, session, ana, quote, statements):
    accept(quote, ana)
    session.commit()
    browser = browser_of(ana)
    with statements() as seen:
        browser.get(AT)
    assert len(seen) == 3


def test_staff_may_invoice_the_deposit_themselves(session, ana):
    quote = sent(ana, deposit=20_000, invoices_deposit=False)
    accept(quote, ana)
    assert invoices(session) == []
    assert invoicing.invoice_deposit(quote, **now()).total == 20_000
    with pytest.raises(Refused, match="Invoice 1 was already created"):
        invoicing.invoice_deposit(quote, **now())


def test_the_rest_is_everything_accepted_less_the_deposit(session, ana, quote):
    accept(quote, ana)
    rest = invoicing.invoice_rest(quote, **now())
    assert [(line.description, line.amount) for line in rest.lines] == [
        ("Fence", 120_000),
        ("Deposit, invoice 1", -26_400),
    ]
    assert sum(invoice.total for invoice in invoices(session)) == quote.acceptance.total
    with pytest.raises(Refused, match="Invoice 2 was already created"):
        invoicing.invoice_rest(quote, **now())


def test_without_a_deposit_the_rest_is_everything(session, ana):
    quote = sent(ana)
    accept(quote, ana)
    assert invoicing.invoice_rest(quote, **now()).total == quote.acceptance.total
    with pytest.raises(Refused, match="asks for no deposit"):
        invoicing.invoice_deposit(quote, **now())


def test_a_deposit_is_not_asked_for_once_everything_is_invoiced(session, ana):
    quote = sent(ana, deposit=20_000, invoices_deposit=False)
    accept(quote, ana)
    invoicing.invoice_rest(quote, **now())
    with pytest.raises(Refused, match="Invoice 1 already asks for the whole quote"):
        invoicing.invoice_deposit(quote, **now())


def test_a_void_deposit_is_not_deducted_and_can_be_invoiced_again(session, ana, quote):
    accept(quote, ana)
    invoices(session)[0].void(**now())
    rest = invoicing.invoice_rest(quote, **now())
    assert rest.total == quote.acceptance.total
    rest.void(**now())
    again = invoicing.invoice_deposit(quote, **now())
    assert again.total + invoicing.invoice_rest(quote, **now()).total == quote.acceptance.total


def test_a_deposit_of_everything_leaves_no_rest(session, ana):
    quote = sent(ana, deposit_rate=10_000)
    accept(quote, ana)
    with pytest.raises(Refused, match="already covers the whole quote"):
        invoicing.invoice_rest(quote, **now())


def test_only_an_accepted_quote_is_invoiced(session, ana, quote):
    for invoice in (invoicing.invoice_deposit, invoicing.invoice_rest):
        with pytest.raises(Refused, match="Quote 1 has not been accepted"):
            invoice(quote, **now())
    assert session.scalar(select(func.count()).select_from(Invoice)) == 0


def test_while_a_draft_has_the_rest_there_is_no_deposit_and_no_undoing(session, ana):
    """The draft has all that was accepted: the deposit would be asked for twice."""
    quote = sent(ana, deposit=20_000, invoices_deposit=False)
    accept(quote, ana)
    lines = invoicing.accepted_lines(quote.acceptance.offer)
    rest = Invoice.draft(quote.customer, quote.title, lines, quote_id=quote.id, quote_part=invoicing.REST, **now())
    with pytest.raises(Refused, match="already a draft invoice"):
        invoicing.invoice_deposit(quote, **now())
    with pytest.raises(Refused, match="already a draft invoice"):
        quote.undo_acceptance("A mistake.", **now())
    rest.delete(**now())
    session.flush()
    assert invoicing.invoice_deposit(quote, **now()).total == 20_000
    quote.undo_acceptance("A mistake.", **now())
    assert [invoice.status for invoice in invoices(session)] == ["void"]


def test_a_deposit_is_not_void_while_the_rest_deducts_it(session, ana, quote):
    accept(quote, ana)
    rest = invoicing.invoice_rest(quote, **now())
    [deposit, _rest] = invoices(session)
    with pytest.raises(Refused, match="Invoice 2 deducts this deposit"):
        deposit.void(**now())
    rest.void(**now())
    deposit.void(**now())
    assert invoicing.invoice_rest(quote, **now()).total == quote.acceptance.total


def test_undoing_voids_the_rest_and_the_deposit_it_deducts(session, ana, quote):
    accept(quote, ana)
    invoicing.invoice_rest(quote, **now())
    quote.undo_acceptance("A mistake.", **now())
    assert [invoice.status for invoice in invoices(session)] == ["void", "void"]
