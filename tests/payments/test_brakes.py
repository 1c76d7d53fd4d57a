"""Card testers on the pay page: what locks it, for whom and how long, and whom it must not lock."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.audit.actor import CONTACT, Actor
from sergio.audit.models import AuditEntry
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments import brakes, checkout, declined, saving
from sergio.payments.brakes import DAY, HOUR, WEEK, PaymentsPaused
from sergio.payments.models import PaymentAttempt
from sergio.payments.tries import PayLock, PaymentTry
from sergio.sandbox.stripe.cards import STOLEN
from tests.browser import Browser
from tests.factories import contact
from tests.invoices import builders
from tests.payments.card_form import GOOD, CardForm
from tests.payments.saving import Saver, consent, newest
from tests.payments.test_races import at_once

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clocked():
    with time_machine.travel(clock.now(), tick=False) as traveler:
        yield traveler


def actor(contact, ip=HERE) -> Actor:
    return Actor(CONTACT, contact.name, contact.id, ip_address=ip)


def begin(contact, ip=HERE, invoice_ids=()):
    """A contact begins something from an address; `PaymentsPaused` if they may not."""
    brakes.admit(contact.id, invoice_ids, by=actor(contact, ip))


def decline(contact, card, ip=HERE, invoice_ids=(), source=""):
    """A card of theirs is declined, begun from that address."""
    brakes.keep("started", f"start {clock.now()}", contact, brakes.network_of(actor(contact, ip)), (), at=clock.now())
    count = db.session.scalar(select(func.count(PaymentTry.id))) or 0
    brakes.note_decline(contact, invoice_ids, source or f"ch_{count}", card, at=clock.now())
    db.session.commit()


def locks() -> list[PayLock]:
    db.session.rollback()
    return list(db.session.scalars(select(PayLock).order_by(PayLock.id)))


def is_paused(contact, ip=HERE) -> bool:
    try:
        begin(contact, ip)
    except PaymentsPaused:
        db.session.rollback()
        return True
    return False


def browse(app, contact, ip=HERE) -> Browser:
    """A browser of theirs at that address."""
    browser = Browser(app, contact.company.subdomain)
    browser.be(contact)
    browser.client.environ_base["REMOTE_ADDR"] = ip
    return browser


def form_of(sandbox, browser, number=1) -> CardForm:
    pressed = browser.post(f"/portal/invoices/{number}/pay")
    assert pressed.status_code == 303, pressed.text
    return CardForm(sandbox, browser.get(pressed.headers["Location"]).text)


def test_forty_cards_on_one_invoice_end_at_the_fifth(
    app, ana, ben, olga, invoice, sandbox, receive_events, browser_of, outbox
):
    browser = browse(app, ana)
    form = form_of(sandbox, browser)
    codes = []
    for number in STOLEN[:40]:
        codes.append(form.pay(number)["error"]["code"])
        receive_events()
    assert codes == ["card_declined"] * 5 + ["payment_intent_unexpected_state"] * 35
    [lock] = locks()
    assert (lock.reason, lock.network, lock.contact_id, lock.cards) == ("cards", HERE, ana.id, 5)
    assert lock.ends_at - lock.started_at == HOUR
    page = browser.get("/portal/invoices/1/pay")
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) <= HOUR.total_seconds()
    assert "by check, cash, or bank transfer" in page.text
    assert "(207) 555-0100" in page.text
    assert "_secret_" not in page.text
    asked = len(sandbox.events("payment_intent.created"))
    assert browser.post("/portal/invoices/1/pay").status_code == 429
    assert browser.post("/portal/payment-methods", {"agreed": "y", "method": "card"}).status_code == 429
    assert len(sandbox.events("payment_intent.created")) == asked
    assert outbox.subjects == ["Online payments are paused for Ana Ruiz"]
    assert "Online payments are paused after many declined cards" in browser_of(olga).get("/office/").text


def test_forty_declines_that_are_reported_at_once_are_one_lock_and_one_email(
    app, ana, invoice, sandbox, receive_events, outbox
):
    form = form_of(sandbox, browse(app, ana))
    for number in STOLEN[:40]:
        form.pay(number)
    receive_events()
    assert len(locks()) == len(outbox.subjects) == 1
    assert db.session.scalar(select(func.count(PaymentTry.id)).where(PaymentTry.kind == "declined")) == 40
    assert "error" in form.pay(GOOD)
    assert sandbox.ledger() == []


def test_events_that_come_twice_count_once(app, ana, invoice, sandbox, webhooks, receive_events):
    form = form_of(sandbox, browse(app, ana))
    for number in STOLEN[:4]:
        form.pay(number)
    receive_events()
    webhooks.send(*sandbox.events("payment_intent.payment_failed"))
    receive_events()
    assert locks() == []
    assert form.pay(GOOD)["status"] == "succeeded"


def test_saving_cards_is_no_way_around(app, ana, sandbox, receive_events, session):
    saver = Saver(app, sandbox, receive_events)
    form = saver.open_form(ana)
    for number in STOLEN[:5]:
        assert "error" in form.pay(number)
    receive_events()
    assert [(lock.reason, lock.contact_id) for lock in locks()] == [("cards", ana.id)]
    assert form.pay(GOOD)["error"]["code"] == "setup_intent_unexpected_state"
    assert newest().stripe_id is None
    assert saver.browser(ana).get(f"/portal/payment-methods/{newest().id}/form").status_code in (303, 429)


def test_a_saved_card_that_is_declined_counts(app, ana, invoice, sandbox, receive_events):
    Saver(app, sandbox, receive_events).save(ana, "4000000000000341")
    browser = browse(app, ana)
    for _press in range(10):
        browser.post("/portal/invoices/1/pay", {"saved": str(newest().id)})
        receive_events()
    [lock] = locks()
    assert (lock.reason, lock.network, lock.cards, lock.declines) == ("declines", "", 1, 10)
    assert browser.post("/portal/invoices/1/pay", {"saved": str(newest().id)}).status_code == 429


def test_declines_without_a_person_or_days_later_do_not_count(ana, session):
    begin(ana)
    for more in ({"off_session": True}, {"method": "us_bank_account"}):
        about = {"contact": ana, "method": "card", "off_session": False} | more
        with session.no_autoflush:
            declined.of_attempt(PaymentAttempt(**about), "ch_1", "a card", at=clock.now())
        session.expunge_all()
    assert session.scalar(select(func.count(PaymentTry.id))) == 1


def test_one_person_who_mistypes_locks_nobody_else(ana, ben, session, clocked):
    for each in range(9):
        decline(ana, f"card {each % 3}")
    assert locks() == []
    decline(ana, "card 0")
    [lock] = locks()
    assert (lock.reason, lock.network, lock.contact_id) == ("declines", "", ana.id)
    assert is_paused(ana, ELSEWHERE)
    assert not is_paused(ben)


def test_honest_customers_of_one_office_are_not_locked(sparkle, session, clocked):
    people = [contact(sparkle, f"Tenant {each}", f"tenant{each}@example.com") for each in range(6)]
    for each, person in enumerate(people):
        decline(person, f"first {each}")
        decline(person, f"second {each}")
    assert locks() == []


def test_many_cards_on_a_network_lock_it_for_everybody_there(sparkle, ben, session, clocked):
    people = [contact(sparkle, f"Guest {each}", f"guest{each}@example.com") for each in range(5)]
    for each in range(15):
        decline(people[each % 5], f"card {each}", f"2001:db8:1:2:{each:x}::1")
    [lock] = locks()
    assert (lock.reason, lock.network, lock.contact_id) == ("network", "2001:db8:1:2::/64", None)
    assert is_paused(ben, "2001:db8:1:2:ffff::9")
    assert not is_paused(ben, "2001:db8:1:3::1")


@pytest.mark.parametrize("proxy", ["127.0.0.1", "10.0.0.2", "172.16.0.9", "192.168.1.1", "::1", "fd00::7"])
def test_behind_a_proxy_we_were_not_told_of_only_the_person_is_locked(ana, ben, session, clocked, proxy):
    for card in range(5):
        decline(ana, f"card {card}", proxy)
    [lock] = locks()
    assert (lock.network, lock.contact_id) == ("", ana.id)
    assert is_paused(ana, proxy)
    assert not is_paused(ben, proxy)


def test_control_at_an_address_of_their_own_their_network_is_locked(ana, ben, session, clocked):
    for card in range(5):
        decline(ana, f"card {card}")
    assert is_paused(ben)


def test_the_operator_is_told_once_of_a_proxy_that_hides_its_clients(ana, app, session, clocked, caplog, monkeypatch):
    brakes.tell_operator.cache_clear()
    begin(ana, "10.0.0.2")
    assert caplog.text == ""
    brakes.tell_operator.cache_clear()
    monkeypatch.setitem(app.config, "SERGIO", replace(app.config["SERGIO"], env="production"))
    for _press in range(2):
        begin(ana, "10.0.0.2")
    assert caplog.text.count("SERGIO_PROXIES") == 1


def test_cards_on_one_invoice_count_whoever_tries(ana, session, sparkle, clocked, invoice):
    other = Contact(company=sparkle, customer=ana.customer, name="Otto Ruiz", email="otto@example.com")
    session.add(other)
    session.flush()
    for each in range(5):
        decline((ana, other)[each % 2], f"card {each}", f"192.0.2.{each}", [invoice.id])
    [lock] = locks()
    assert (lock.reason, lock.network) == ("invoice", "192.0.2.4")


@pytest.mark.parametrize(("pause", "cards"), [(3 * HOUR, 8), (11 * HOUR, 15)])
def test_a_slow_drip_is_seen(ana, session, clocked, pause, cards):
    for each in range(cards - 1):
        decline(ana, f"card {each}")
        clocked.shift(pause)
    before = locks()
    decline(ana, "the last")
    assert (before, len(locks())) == ([], 1)


def test_many_invoices_of_one_person_count_together(ana, session, clocked):
    invoices = [builders.invoice(ana) for _each in range(5)]
    for each, invoice in enumerate(invoices):
        decline(ana, f"card {each}", invoice_ids=[invoice.id])
    assert [lock.reason for lock in locks()] == ["cards"]


def test_each_lock_lasts_longer_and_what_it_answered_does_not_count_again(ana, session, clocked):
    lengths = []
    for each in range(5):
        for card in range(5):
            assert not is_paused(ana)
            decline(ana, f"{each} {card}")
        lock = locks()[-1]
        lengths.append(lock.ends_at - lock.started_at)
        assert is_paused(ana)
        clocked.move_to(lock.ends_at)
        assert not is_paused(ana)
    assert lengths == [HOUR, 6 * HOUR, DAY, WEEK, WEEK]


def test_staff_lift_a_lock_with_one_press(ana, olga, browser_of, session):
    for card in range(5):
        decline(ana, f"card {card}")
    office = browser_of(olga)
    assert 'href="/office/payments/locks"' in office.get("/office/payments").text
    page = office.get("/office/payments/locks").text
    assert "Ana Ruiz" in page
    assert HERE in page
    assert "5 different cards, 5 declines" in page
    assert office.post("/office/payments/locks/1/lifting").status_code == 303
    assert not is_paused(ana)
    assert "Lifted by Olga" in office.get("/office/payments/locks").text
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "resumed_payments")).one()
    assert (entry.actor_name, entry.before["network"]) == (olga.name, HERE)
    activity = office.get("/office/activity").text
    assert "Let them pay online again" in activity
    for card in range(4):
        decline(ana, f"new {card}")
    assert not is_paused(ana)
    decline(ana, "new 4")
    lock = locks()[-1]
    assert lock.ends_at - lock.started_at == HOUR  # the first was a mistake


def test_another_company_does_not_know_the_lock(ana, cleo, rita_office, session):
    for card in range(5):
        decline(ana, f"card {card}")
    assert is_paused(ana)
    assert not is_paused(cleo)
    assert "Ana" not in rita_office.get("/office/payments/locks").text
    assert rita_office.post("/office/payments/locks/1/lifting").status_code == 404


@pytest.fixture
def rita_office(world, browser_of):
    return browser_of(world.rita)


def test_a_clock_that_is_set_back_neither_frees_nor_forgets(ana, session, clocked):
    for card in range(4):
        decline(ana, f"card {card}")
    clocked.shift(-WEEK)
    decline(ana, "card 4")
    assert is_paused(ana)
    clocked.shift(-DAY)
    assert is_paused(ana)
    locks()[0].lift(by=actor(ana), at=clock.now())
    db.session.commit()
    clocked.shift(-DAY)
    for card in range(5):
        assert not is_paused(ana)
        decline(ana, f"later {card}")
    assert is_paused(ana)


def test_forms_can_be_opened_thirty_times_an_hour(ana, ben, session, clocked):
    for _press in range(30):
        begin(ana)
    assert is_paused(ana)
    assert not is_paused(ben)
    clocked.shift(HOUR + MINUTE)
    assert not is_paused(ana)
    assert locks() == []


@pytest.fixture
def uncounted_alone(monkeypatch, slow_writing):
    """The brakes without the lock that makes counts wait for one another."""
    monkeypatch.setattr(brakes, "count_alone", lambda company: None)


def begin_at_once(app, ana) -> int:
    """How often Ana may begin when eight workers try together, with 26 of 30 used up."""
    for _press in range(26):
        begin(ana)
    who, by = ana.id, actor(ana)

    def work(_worker):
        with app.app_context():
            try:
                brakes.admit(who, (), by=by)
            except PaymentsPaused:
                return 0
            return 1

    return sum(at_once(8, work))


def test_workers_count_together(app, ana, session):
    assert begin_at_once(app, ana) == 4


@pytest.mark.usefixtures("uncounted_alone")
def test_control_without_the_lock_more_may_begin(app, ana, session):
    assert begin_at_once(app, ana) > 4


def test_the_refusal_comes_before_stripe_is_asked(app, ana, invoice, sandbox, session):
    for card in range(5):
        decline(ana, f"card {card}")
    with pytest.raises(PaymentsPaused):
        checkout.begin([invoice.id], ana.id, by=actor(ana))
    db.session.rollback()
    with pytest.raises(PaymentsPaused):
        saving.begin(ana.id, "card", consent(ana), by=actor(ana))
    db.session.rollback()
    assert sandbox.events("payment_intent.created") + sandbox.events("setup_intent.created") == []
    assert session.scalars(select(PaymentAttempt)).all() == []
