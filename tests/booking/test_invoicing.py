"""From done appointments to draft invoices: one draft however often it is asked for."""

import pytest
from sqlalchemy import select

from sergio.booking import invoicing, progress
from sergio.booking.invoicing import AppointmentBilling
from sergio.booking.models import Appointment
from sergio.extensions import db
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib.refused import Refused
from sergio.quotes import invoicing as quote_invoices
from sergio.quotes.invoicing import DEPOSIT
from tests.booking.builders import actor, appointment, at
from tests.browser import Browser
from tests.quotes import builders as quotes

LIST = "/office/schedule/done"


@pytest.fixture
def done(clock, theo):
    """`done(service, contact, starts_at)`: an appointment that Theo has finished."""

    def make(service, contact, starts_at):
        clock.move_to(starts_at)
        row = appointment(service, contact, theo, starts_at)
        progress.finish(row, by=actor(theo), now=starts_at)
        return row

    return make


@pytest.fixture
def desk(browser_of, olga):
    return browser_of(olga)


def invoices(session) -> list[Invoice]:
    session.commit()
    session.expire_all()
    return list(session.scalars(select(Invoice).order_by(Invoice.id)))


def test_one_appointment_becomes_a_draft_once(desk, session, ana, cleaning, done):
    mine = done(cleaning, ana, at(25, 9))
    assert "Create invoice" in desk.get("/office/schedule/1").text
    pages = [desk.post("/office/schedule/1/invoice").location for _press in range(2)]
    [invoice] = invoices(session)
    assert pages == [f"/office/invoices/drafts/{invoice.id}"] * 2
    assert desk.get(pages[0]).status_code == 200
    assert (invoice.status, invoice.title, invoice.appointment_id) == ("draft", "Deep clean", mine.id)
    [line] = invoice.lines
    assert (line.description, line.unit_price) == ("Deep clean", 18_000)
    assert line.detail == "Wed, Nov 25, 2026, 7 Pine Road, Portland"
    assert "Open draft invoice" in desk.get("/office/schedule/1").text
    assert "Put on an invoice" in desk.get("/office/activity").text


def test_the_list_has_what_is_done_and_not_invoiced(desk, session, ana, ben, cleaning, windows, theo, done):
    done(cleaning, ana, at(24, 9))
    done(windows, ben, at(25, 9))
    appointment(windows, ana, theo, at(27, 9))
    page = desk.get(LIST).text
    assert page.index("Deep clean · Ana Ruiz") < page.index("Windows · Ben Okafor")
    assert "$180.00" in page
    assert "Nov 27" not in page
    desk.post("/office/schedule/1/invoice")
    assert "Ana Ruiz" not in desk.get(LIST).text


def test_each_customer_gets_one_draft(desk, session, ana, ben, cleaning, windows, done):
    done(cleaning, ana, at(24, 9))
    done(windows, ben, at(25, 9))
    done(windows, ana, at(26, 9))
    page = desk.post(LIST, {"appointment": ["1", "2", "3"]}, follow_redirects=True)
    assert "2 draft invoices are created." in page.text
    assert "Nothing to invoice" in desk.get(LIST).text
    of_ana, of_ben = sorted(invoices(session), key=lambda each: -len(each.lines))
    assert [line.description for line in of_ana.lines] == ["Deep clean", "Windows"]
    assert (of_ana.title, of_ana.appointment_id) == ("Deep clean, Windows", None)
    assert [line.description for line in of_ben.lines] == ["Windows"]


@pytest.mark.parametrize("chosen", [[], ["99"], ["0", "-1", "x", "99999999999999999999"]])
def test_choosing_nothing_is_told(desk, cleaning, chosen):
    page = desk.post(LIST, {"appointment": chosen}, follow_redirects=True)
    assert "Choose the appointments to invoice first." in page.text


def test_what_is_not_done_is_not_invoiced(desk, session, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    page = desk.post("/office/schedule/1/invoice", follow_redirects=True)
    assert "Only appointments that are done can be invoiced." in page.text
    assert invoices(session) == []


def test_a_deleted_draft_or_a_voided_invoice_frees_the_appointment(desk, session, ana, olga, cleaning, done):
    done(cleaning, ana, at(25, 9))
    desk.post("/office/schedule/1/invoice")
    [invoice] = invoices(session)
    desk.post(f"/office/invoices/drafts/{invoice.id}/deletion")
    assert invoices(session) == []
    assert "Deep clean" in desk.get(LIST).text
    desk.post("/office/schedule/1/invoice")
    [invoice] = invoices(session)
    invoice.finalize(at=at(25, 12), by=actor(olga))
    session.commit()
    assert f"View invoice {invoice.number}" in desk.get("/office/schedule/1").text
    invoice = session.scalars(Invoice.locked(invoice.id)).one()
    invoice.void(at=at(25, 13), by=actor(olga))
    session.commit()
    assert "Create invoice" in desk.get("/office/schedule/1").text
    assert "Deep clean" in desk.get(LIST).text


def test_what_is_on_an_invoice_is_not_undone(session, ana, theo, olga, cleaning, done):
    mine = done(cleaning, ana, at(25, 9))
    invoicing.draft([mine], by=actor(olga), now=at(25, 10))
    with pytest.raises(Refused, match="Delete or void the invoice first"):
        progress.undo(mine, progress.steps_of(mine)[-1].id, by=actor(theo), now=at(25, 10))
    assert mine.completed_at


def test_appointments_of_two_customers_or_half_invoiced_are_refused(session, ana, ben, olga, windows, done):
    rows = [done(windows, ana, at(24, 9)), done(windows, ben, at(25, 9)), done(windows, ana, at(26, 9))]
    how = {"by": actor(olga), "now": at(26, 10)}
    with pytest.raises(Refused, match="one customer"):
        invoicing.draft(rows, **how)
    invoicing.draft(rows[:1], **how)
    with pytest.raises(Refused, match="already on an invoice"):
        invoicing.draft([rows[0], rows[2]], **how)


@pytest.fixture
def quoted(ana, done, windows, session):
    """`quoted(starts_at)`: a finished appointment of Ana's accepted quote of a fence and a gate."""
    quote = quotes.sent(ana)
    gate = [line.id for line in quote.lines if line.description == "Gate"]
    quote.accept(ana, quotes.SIGNED, gate, version=1, shown=quotes.total(quote, gate), by=actor(ana), at=at(23, 8))
    session.flush()

    def make(starts_at):
        row = done(windows, ana, starts_at)
        row.quote = quote
        session.commit()
        return row

    return make


def test_the_lines_of_the_accepted_quote_are_invoiced_once(session, desk, browser_of, theo, olga, quoted):
    first, second = quoted(at(25, 9)), quoted(at(26, 9))
    van = browser_of(theo).get("/office/schedule/1").text
    assert "Work to do" in van
    assert "Larch, 12 m" in van
    assert "$" not in van
    invoice = invoicing.draft([first], by=actor(olga), now=at(26, 12))
    assert [(line.description, line.unit_price, line.tax_ppm) for line in invoice.lines] == [
        ("Fence", 120_000, 100_000),
        ("Gate", 30_000, 100_000),
    ]
    assert invoice.lines[0].detail == "Larch, 12 m\nWed, Nov 25, 2026, 7 Pine Road, Portland"
    assert (invoice.quote_id, invoice.price.total) == (first.quote_id, first.quote.acceptance.total)
    with pytest.raises(Refused, match="already a draft invoice"):
        quote_invoices.invoice_rest(first.quote, by=actor(olga), at=at(26, 12))
    again = invoicing.draft([second], by=actor(olga), now=at(26, 12))
    [line] = again.lines
    assert (line.description, line.unit_price, line.detail.splitlines()[-1]) == ("Windows", 0, "Included in quote 1")


def test_what_has_a_quote_is_not_invoiced_by_the_price_list_beside_what_has_none(
    session, desk, ana, olga, cleaning, done, quoted
):
    mine, other = quoted(at(25, 9)), done(cleaning, ana, at(26, 9))
    session.commit()
    with pytest.raises(Refused, match="of one quote"):
        invoicing.draft([mine, other], by=actor(olga), now=at(26, 12))
    session.rollback()
    desk.post("/office/schedule/done", {"appointment": [mine.number, other.number]})
    assert sorted(invoice.quote_id is not None for invoice in invoices(session)) == [False, True]
    assert {invoice.price.total for invoice in invoices(session) if invoice.quote_id} == {mine.quote.acceptance.total}


def test_two_appointments_of_one_quote_at_once_take_its_lines_once(at_once, session, olga, nora, quoted):
    first, second = quoted(at(25, 9)), quoted(at(26, 9))
    assert at_once(drafting(first, olga), drafting(second, nora)) == ["done", "done"]
    assert sorted(len(invoice.lines) for invoice in invoices(session)) == [1, 2]


def test_what_was_paid_in_advance_is_deducted(session, ana, olga, quoted):
    mine = quoted(at(25, 9))
    deposit = [InvoiceLine(description="Deposit", unit_price=5_000)]
    part = {"quote_id": mine.quote_id, "quote_part": DEPOSIT}
    Invoice.issue(ana.customer, "Deposit", deposit, at=at(24, 9), by=actor(olga), **part)
    invoice = invoicing.draft([mine], by=actor(olga), now=at(25, 12))
    assert (invoice.lines[-1].description, invoice.lines[-1].unit_price) == ("Deposit, invoice 1", -5_000)
    assert invoice.price.total == mine.quote.acceptance.total - 5_000


def drafting(row, person):
    row_id, by = row.id, actor(person)
    return lambda: invoicing.draft([db.session.get_one(Appointment, row_id)], by=by, now=at(25, 12))


def test_two_who_press_at_once_get_one_draft(at_once, session, ana, olga, nora, cleaning, done):
    mine = done(cleaning, ana, at(25, 9))
    assert at_once(drafting(mine, olga), drafting(mine, nora)) == ["done", "done"]
    assert len(invoices(session)) == 1


def test_control_who_does_not_look_again_makes_two(at_once, session, ana, olga, nora, cleaning, done, monkeypatch):
    mine = done(cleaning, ana, at(25, 9))

    def stale(appointments):
        rows = invoicing.select(AppointmentBilling).where(AppointmentBilling.appointment_id == mine_id)
        [billing] = db.session.scalars(rows).all()
        billing.invoice_id = None
        return [billing]

    mine_id = mine.id
    monkeypatch.setattr(invoicing, "billings_of", stale)
    at_once(drafting(mine, olga), drafting(mine, nora))
    assert len(invoices(session)) == 2


def test_a_rival_invoices_nothing_of_ours(browser_of, world, session, ana, cleaning, done):
    done(cleaning, ana, at(25, 9))
    rival = browser_of(world.rita)
    assert rival.post("/office/schedule/1/invoice").status_code == 404
    rival.post(LIST, {"appointment": ["1"]})
    assert "Ana Ruiz" not in rival.get(LIST).text
    assert invoices(session) == []


def test_a_technician_does_not_invoice(browser_of, theo, ana, cleaning, done):
    done(cleaning, ana, at(25, 9))
    van: Browser = browser_of(theo)
    assert van.get(LIST).status_code == 403
    assert van.post("/office/schedule/1/invoice").status_code == 403
    assert "nvoice" not in van.get("/office/schedule/1").text


def test_the_list_takes_two_statements(statements, desk, ana, windows, done):
    for day in (24, 25, 26):
        done(windows, ana, at(day, 9))
    desk.get(LIST)
    with statements() as seen:
        desk.get(LIST)
    assert len(seen) == 2
