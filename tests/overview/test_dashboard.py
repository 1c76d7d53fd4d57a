"""The office's dashboard: what customers did, what is open, today's appointments, and failures."""

import re
from html import unescape

import pytest
import time_machine

from sergio.audit.actor import CONTACT
from sergio.booking import progress
from sergio.booking.statuses import REQUESTED
from sergio.companies.plans import FREE
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, PAYMENT
from sergio.outbox.models import OutgoingEmail
from sergio.payments.methods import CARD
from sergio.payments.models import PaymentAttempt, PaymentAttemptPart
from tests import factories
from tests.booking.builders import MONDAY, actor, at
from tests.factories import by
from tests.overview import builders

DAY = builders.DAY


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def dashboard_of(browser_of, person) -> str:
    response = browser_of(person).get("/office/")
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_customer_events_are_listed_latest_first(browser_of, ana, ben, theo, olga):
    builders.accept(builders.quote(ana), ana, at=MONDAY - 6 * DAY)
    builders.quote(ben).decline(ben, "Too late in the year", version=1, by=by(ben), at=MONDAY - 5 * DAY)
    builders.quote(ana).ask_for_changes(ana, "Without the hood", version=1, by=by(ana), at=MONDAY - 4 * DAY)
    builders.pay(builders.invoice(ben), at=MONDAY - 3 * DAY)
    appointment = builders.appointment(ana, theo, at(27, 9), created_at=MONDAY - 2 * DAY, notes="The key is next door")
    builders.appointment(ben, theo, at(30, 9), created_at=MONDAY - 60 * DAY).cancel(by=actor(ben), now=MONDAY)
    page = dashboard_of(browser_of, olga)
    events = [
        "<strong>Ben Okafor</strong> canceled Deep clean on",
        "<strong>Ana Ruiz</strong> booked Deep clean for Fri, Nov 27, 2026",
        "<strong>Ben Okafor</strong> paid invoice 1",
        "<strong>Ana Ruiz</strong> requested changes to quote 3",
        "<strong>Ben Okafor</strong> declined quote 2",
        "<strong>Ana Ruiz</strong> accepted quote 1",
    ]
    assert not [text for text in events if text not in page]
    assert sorted(events, key=page.index) == events
    for words in ("“Too late in the year”", "“Without the hood”", "“The key is next door”", "$120.00", "Check ·"):
        assert words in page
    for path in ("quotes/1", "quotes/2", "invoices/1", f"schedule/{appointment.number}"):
        assert f'href="/office/{path}"' in page


def test_a_moved_appointment_and_a_disputed_payment_are_listed(browser_of, ana, theo, olga, session):
    from sergio.booking.models import AppointmentMove

    appointment = builders.appointment(ana, theo, at(27, 9))
    move = AppointmentMove(company=ana.company, old=at(26, 9), new=at(27, 9), by="Ana Ruiz", at=MONDAY)
    appointment.moves.append(move)
    invoice = builders.invoice(ana)
    invoice.enter(DISPUTE, 12_000, at=MONDAY, source="a dispute")
    page = dashboard_of(browser_of, olga)
    assert "<strong>Ana Ruiz</strong> rescheduled Deep clean to Fri, Nov 27, 2026" in page
    assert "<strong>Ana Ruiz</strong> disputed the payment for invoice 1" in page


def test_what_staff_plan_names_them_and_the_customer(browser_of, ana, theo, olga):
    appointment = builders.appointment(ana, theo, at(27, 9), by=actor(theo), created_at=MONDAY - 2 * DAY)
    page = dashboard_of(browser_of, olga)
    assert "<strong>Theo Laurent</strong> scheduled Deep clean for Ana Ruiz on Fri, Nov 27, 2026" in page
    appointment.cancel(by=actor(olga), now=MONDAY)
    page = dashboard_of(browser_of, olga)
    assert "<strong>Olga Petrova</strong> canceled Deep clean for Ana Ruiz on Fri, Nov 27, 2026" in page


@pytest.mark.parametrize(("hours", "words"), [(1, "Today, 7:00"), (12, "Yesterday, 8:00"), (48, "Nov 21, 2026")])
def test_times_are_in_the_companys_time_zone(browser_of, ana, olga, hours, words):
    builders.accept(builders.quote(ana, sent_at=MONDAY - 9 * DAY), ana, at=MONDAY - hours * DAY / 24)
    assert words in dashboard_of(browser_of, olga)


def test_the_figures_count_what_is_open(browser_of, ana, ben, theo, olga):
    builders.quote(ana)
    builders.accept(builders.quote(ana), ana)
    builders.invoice(ana, due_in=-1)
    builders.invoice(ben, amount=5_000)
    builders.pay(builders.invoice(ben))
    for day, hour in ((23, 7), (23, 9), (23, 11), (24, 9)):
        builders.appointment(ana, theo, at(day, hour))
    figures = dashboard_of(browser_of, olga).partition('class="figures"')[2].partition('class="columns"')[0]
    wanted = ['<span class="figure">1</span><small>$420.00 quoted', ">$170.00</span><small>2 invoices"]
    wanted += [">$120.00</span><small>1 invoice<", ">$120.00</span><small>November 2026", ">3</span><small>2 remaining"]
    assert not [words for words in wanted if words not in figures]


def test_todays_appointments_are_those_of_the_company_day(browser_of, ana, theo, olga):
    builders.appointment(ana, theo, at(23, 0), "At midnight")
    builders.appointment(ana, theo, at(23, 22), "Late tonight")
    builders.appointment(ana, theo, at(24, 0), "Tomorrow's")
    builders.appointment(ana, theo, at(23, 12), "Called off").cancel(by=actor(theo), now=MONDAY)
    today = dashboard_of(browser_of, olga).partition('id="today"')[2].partition("</aside>")[0]
    for words in ("At midnight, Ana Ruiz", "Late tonight", "Theo", "7 Pine Road"):
        assert words in today
    assert "Tomorrow" not in today
    assert "Called off" not in today


def message(company, **more):
    row = OutgoingEmail(
        company=company, message_id=str(id(more)), to="x@nowhere.example", subject="Quote 3", text="", html=""
    )
    for name, value in more.items():
        setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    return row


def given_up(name, company=None, **args):
    db.session.info["company_id"] = company.id if company else None
    job = factories.job(name, **args)
    db.session.info["company_id"] = None
    job.failed_at, job.error = MONDAY, "ConnectionRefusedError: nobody there"


def to_do(browser_of, person) -> str:
    return unescape(dashboard_of(browser_of, person)).partition('id="to-do"')[2].partition("</section>")[0]


def test_a_day_without_anything_to_do_says_so(browser_of, sparkle, olga):
    message(sparkle, subject="Arrived", sent_at=MONDAY)
    assert "Nothing needs your attention right now." in to_do(browser_of, olga)


def test_everything_that_waits_is_a_line_with_its_page(browser_of, sparkle, ana, ben, theo, olga):
    builders.quote(ana).ask_for_changes(ana, "Without the hood", version=1, by=by(ana), at=MONDAY)
    builders.quote(ben, days=3)
    builders.quote(ben, days=4)
    builders.appointment(ana, theo, at(24, 9), approval=REQUESTED)
    builders.appointment(ana, theo, at(25, 9), approval=REQUESTED).decline("", by=actor(theo), now=MONDAY)
    builders.appointment(ana, theo, at(22, 9), approval=REQUESTED)
    progress.finish(builders.appointment(ana, theo, at(22, 12)), by=actor(theo), now=MONDAY)
    builders.pay(invoice := builders.invoice(ana))
    invoice.enter(PAYMENT, -100, at=MONDAY, source="again")
    message(sparkle, refused_at=MONDAY, refusal="550 no such user")
    message(sparkle, refused_at=MONDAY - 15 * DAY, subject="Long ago")
    given_up("payments.reconcile", sparkle, attempt_id=1)
    given_up("outbox.deliver", sparkle, email_id=message(sparkle, subject="Invoice 9").id)
    lines = to_do(browser_of, olga)
    for path, words in (
        ("quotes?show=open", "One customer asked to change a quote"),
        ("quotes?show=open", "One quote expires within 3 days"),
        ("schedule/requests", "One appointment needs your approval"),
        ("schedule/done", "One appointment is ready to invoice"),
        ("invoices?show=overpaid", "One invoice is overpaid"),
        ("problems", "One email couldn't be delivered"),
        ("problems", "2 tasks in the background failed"),
    ):
        assert f'href="/office/{path}"' in lines
        assert words in lines


def test_a_stuck_payment_is_to_do(browser_of, ana, olga, session):
    invoice = builders.invoice(ana)
    attempt = PaymentAttempt.of_parts([PaymentAttemptPart.of(invoice, 1)], contact=ana, method=CARD)
    attempt.key, attempt.started_by_kind, attempt.started_by_name = "a key", CONTACT, "Ana"
    attempt.created_at, attempt.checked_at = MONDAY - 3 * DAY, MONDAY
    session.add(attempt)
    assert "One payment is stuck" in to_do(browser_of, olga)


def test_failures_of_the_platform_and_of_a_rival_are_not_shown(browser_of, rival, olga):
    given_up("jobs.delete_expired")
    given_up("payments.reconcile", rival, attempt_id=1)
    message(rival, refused_at=MONDAY, subject="needle")
    given_up("outbox.deliver", rival, email_id=message(rival, subject="needle too").id)
    assert "Nothing needs your attention right now." in to_do(browser_of, olga)


def test_what_happened_since_the_last_look_is_new_until_it_is_marked(browser_of, ana, olga):
    builders.accept(builders.quote(ana), ana, at=MONDAY - DAY)
    browser = browser_of(olga)
    page = browser.get("/office/").text
    assert "1 new" in page
    until = re.search(r'name="until" value="([^"]+)"', page)[1]
    builders.pay(builders.invoice(ana), at=MONDAY)
    db.session.commit()
    assert browser.post("/office/activity/seen", data={"until": until}).status_code == 303
    page = browser.get("/office/").text
    assert "1 new" in page  # what came after the page was made
    assert browser.post("/office/activity/seen", data={"until": "2999-01-01T00:00:00+00:00"}).status_code == 303
    assert " new</span>" not in browser.get("/office/").text
    assert browser.post("/office/activity/seen", data={"until": until}).status_code == 303  # from an older page
    assert olga.activity_seen_at == MONDAY


@pytest.mark.parametrize("until", ["", "yesterday", "0001-01-01T00:00:00+14:00", "2026"])
def test_nonsense_marks_nothing(browser_of, olga, until):
    assert browser_of(olga).post("/office/activity/seen", data={"until": until}).status_code == 303
    assert olga.activity_seen_at is None


def test_many_new_events_are_counted_as_more(browser_of, ana, theo, olga):
    builders.a_bit_of_all(ana, theo, 16)
    assert "15+ new" in dashboard_of(browser_of, olga)


def test_the_chart_shows_twelve_months_as_bars_and_as_a_table(browser_of, ana, olga):
    builders.pay(builders.invoice(ana, amount=5_000), at=MONDAY)
    builders.pay(builders.invoice(ana, amount=20_000), at=MONDAY - 60 * DAY)
    builders.pay(builders.invoice(ana, amount=99_000), at=MONDAY - 366 * DAY)
    chart = dashboard_of(browser_of, olga).partition('<figure class="chart')[2].partition("</figure>")[0]
    assert chart.count("<rect") == chart.count("<li>") == 12
    assert chart.count("<tr>") == 13
    assert '<th scope="row">November 2026</th><td>$50.00</td>' in chart
    assert '<th scope="row">September 2026</th><td>$200.00</td>' in chart
    assert '<th scope="row">December 2025</th><td>$0.00</td>' in chart
    assert "Best month: $200.00" in chart
    assert 'y="75" width="32" height="25"' in chart


def test_without_payments_there_is_no_chart(browser_of, olga):
    assert "<figure" not in dashboard_of(browser_of, olga)


def test_it_shows_nothing_of_a_rival(browser_of, cleo, olga):
    builders.quote(cleo).ask_for_changes(cleo, "needle", version=1, by=by(cleo), at=MONDAY)
    builders.accept(builders.quote(cleo), cleo)
    builders.pay(builders.invoice(cleo))
    page = dashboard_of(browser_of, olga)
    assert "Cleo" not in page
    assert "needle" not in page
    assert "No activity yet" in page
    assert "$0.00 quoted" in page


def test_hostile_text_is_escaped(browser_of, ana, theo, olga):
    evil = "<script>alert(1)</script>"
    ana.name = ana.customer.name = evil
    builders.quote(ana, evil).decline(ana, evil, version=1, by=by(ana), at=MONDAY)
    builders.pay(builders.invoice(ana, evil))
    builders.appointment(ana, theo, at(23, 9), evil, notes=evil)
    assert "<script>alert" not in dashboard_of(browser_of, olga)


def test_long_text_is_cut(browser_of, ana, olga):
    builders.quote(ana).decline(ana, "so long " * 100, version=1, by=by(ana), at=MONDAY)
    page = dashboard_of(browser_of, olga)
    assert "so long…”" in page
    assert page.count("so long") < 25


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_four_statements(browser_of, ana, theo, olga, statements, count):
    builders.a_bit_of_all(ana, theo, count)
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/").status_code == 200
    assert len(seen) == 4


def test_staff_on_the_free_plan_see_what_the_next_plan_offers(browser_of, sparkle, olga):
    page = dashboard_of(browser_of, olga)
    assert 'href="/portal/"' in page
    assert "Starter plan" not in page
    sparkle.plan = FREE
    page = dashboard_of(browser_of, olga)
    assert 'href="/portal/"' not in page
    assert "Included in the Starter plan" in page
    assert "disabled" in page


def test_a_customer_cannot_open_the_office(browser_of, ana):
    assert "/office/sign-in" in browser_of(ana).get("/office/").location
