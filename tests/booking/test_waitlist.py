"""The waitlist: a time that becomes free is offered to who waits longest, for two hours, and then to the next."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.auth.document_links import OFFER, DocumentLink
from sergio.booking import guarantees, slices
from sergio.booking.availability import Availability
from sergio.booking.holds import BookingHold
from sergio.booking.jobs import end_waiting, find_offers, find_offers_of, free_expired
from sergio.booking.jobs import offer as offer_job
from sergio.booking.models import Appointment
from sergio.booking.services import CARD_ON_FILE, Service
from sergio.booking.slices import AppointmentSlice
from sergio.booking.waitlist import OFFERED, WaitlistEntry
from sergio.customers.models import Contact
from sergio.customers.roles import BILLING, READ
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib.refused import Refused
from sergio.staff.models import TimeOff
from tests import factories
from tests.booking.builders import MONDAY, actor, appointment, at, choice, service

SECOND = timedelta(seconds=1)
NINE = at(25, 9)


@pytest.fixture
def full(clock, ana, theo, windows, sparkle, session):
    """A calendar in which nothing is free on the bookable days but Wednesday, nine to ten, which is taken."""
    sparkle.horizon_days = 3
    session.add(TimeOff(company=sparkle, staff=theo, starts_at=MONDAY, ends_at=NINE))
    session.add(TimeOff(company=sparkle, staff=theo, starts_at=at(25, 10), ends_at=at(28, 0)))
    return appointment(windows, ana, theo, NINE)


@pytest.fixture
def waits(full, windows):
    """`waits(contact, **wishes)`: they wait for the time, which is taken."""

    def join(contact, *, minutes=0, **wishes):
        how = {"weekdays": [], "day_part": "", "until_on": NINE.date()} | wishes
        now = MONDAY + timedelta(minutes=minutes)
        place = contact.customer.properties[0]
        return WaitlistEntry.join(contact, windows, place, by=actor(contact), now=now, **how)

    return join


def look(session):
    """Look for free times and offer them, as the worker does."""
    session.commit()
    free_expired()
    end_waiting()
    find_offers()
    session.commit()
    for name, run in (("booking.find_offers_of", find_offers_of), ("booking.offer", offer_job)):
        for job in session.scalars(select(Job).where(Job.name == name).order_by(Job.id)).all():
            run(**job.args)
            session.delete(job)
            session.commit()


def page_of(session, verb: str = "", of: int = 0) -> str:
    """The path of what the first or another one waits for, or of a verb of it."""
    session.commit()
    entries = session.scalars(select(WaitlistEntry.id).order_by(WaitlistEntry.id)).all()
    return f"/portal/waitlist/{entries[of]}" + (f"/{verb}" if verb else "")


def offered_to(session) -> list[str]:
    session.commit()
    rows = select(WaitlistEntry).join(BookingHold, BookingHold.entry_id == WaitlistEntry.id)
    return [entry.contact.first_name for entry in session.scalars(rows)]


def offers(outbox) -> list[str]:
    return [email.to for email in outbox.emails if email.subject.startswith("A time is free")]


def free_it(full, ana, session):
    full.cancel(by=actor(ana), now=MONDAY)
    session.commit()


def test_a_time_that_becomes_free_is_offered_and_booked_in_two_taps(
    browser_of, full, waits, ana, ben, session, outbox, clock
):
    browser = browser_of(ben)
    form = choice(full.service, ben, weekdays="2", day_part="morning", until_on="2026-11-26")
    leads_there = '<a href="/portal/waitlist">'
    assert leads_there not in browser.get("/portal/appointments").text
    assert browser.post("/portal/waitlist", form).location == "/portal/waitlist"
    assert leads_there in browser.get("/portal/appointments").text
    look(session)
    assert offered_to(session) == []
    free_it(full, ana, session)
    look(session)
    assert offered_to(session) == ["Ben"]
    [email] = [email for email in outbox.emails if email.subject.startswith("A time is free")]
    assert "It is held for you until Mon, Nov 23, 2026, 10:00\xa0AM." in email.text
    page = browser.get("/portal/waitlist").text
    assert "A time is free for you" in page
    assert browser_of(ana).post("/portal/book", choice(full.service, ana, NINE)).status_code == 422
    accepted = browser.post(page_of(session, "acceptance"))
    assert accepted.location == "/portal/appointments/2/confirmation"
    assert "You are not on the waitlist" in browser.get("/portal/waitlist").text
    taken = session.scalars(select(AppointmentSlice)).all()
    assert {row.hold_id for row in taken} == {None}
    assert len(taken) == 4


def test_the_home_page_says_what_is_offered_and_until_when(browser_of, waits, full, clock, ana, ben, session):
    waits(ben)
    partner = other(ben, "Cleo Park")
    said = "A time is free for you"
    assert said not in browser_of(ben).get("/portal/").text
    free_it(full, ana, session)
    look(session)
    home = browser_of(ben).get("/portal/").text
    for words in (said, f'href="{page_of(session)}"', "Wed, Nov 25, 2026, 9:00\xa0AM", "Held until 10:00\xa0AM"):
        assert words in home
    assert said in browser_of(ben).get("/portal/appointments").text
    assert said not in browser_of(ana).get("/portal/").text
    assert said not in browser_of(partner).get("/portal/").text
    clock.move_to(MONDAY + OFFERED)
    assert said not in browser_of(ben).get("/portal/").text


def test_who_may_no_longer_book_sees_no_offer(browser_of, waits, full, ana, ben, session):
    waits(ben)
    free_it(full, ana, session)
    look(session)
    ben.role = READ
    session.commit()
    assert "A time is free for you" not in browser_of(ben).get("/portal/").text


def test_the_link_in_the_email_books_it_in_two_taps_without_a_sign_in(
    visitor, full, waits, ana, ben, session, outbox, sparkle
):
    waits(ben)
    free_it(full, ana, session)
    look(session)
    [email] = [email for email in outbox.emails if email.subject.startswith("A time is free")]
    link = re.search(r"https://[^/]+(/d/\S+)", email.text)[1]
    browser = visitor(sparkle)
    assert browser.get(page_of(session)).status_code == 303
    assert "See the time" in browser.get(link).text
    assert browser.post(link, {"open": "yes"}).location == page_of(session)
    page = browser.get(page_of(session)).text
    assert "A time is free for you" in page
    confirmation = browser.post(page_of(session, "acceptance")).location
    assert confirmation == "/portal/appointments/2/confirmation"
    booked = browser.get(confirmation).text
    assert "Your appointment is booked" in booked
    assert "We sent a confirmation to b***@" in booked
    assert ben.email not in booked
    assert "Back to home" not in booked
    assert "You have taken the time that we offered." in browser.get(page_of(session)).text
    for elsewhere in ("/portal/waitlist", "/portal/appointments", "/portal/appointments/1"):
        assert browser.get(elsewhere).location.startswith("/portal/sign-in")
    again = browser.post(page_of(session, "acceptance"), follow_redirects=True)
    assert "You are not on the waitlist any more." in again.text


@pytest.mark.parametrize(("what", "said"), [("card", "One more step"), ("approval", "We received your request")])
def test_the_link_in_the_email_calls_nothing_booked_that_is_not(
    visitor, full, waits, ana, ben, session, sparkle, monkeypatch, what, said
):
    if what == "card":
        monkeypatch.setattr(guarantees, "can_pay_by", lambda company, method: True)
        full.service.guarantee = CARD_ON_FILE
    else:
        full.service.needs_approval = True
    entry = waits(ben)
    free_it(full, ana, session)
    look(session)
    link = "/d/" + DocumentLink.issue(ben, OFFER, entry.id).rpartition("/")[2]
    session.commit()
    browser = visitor(sparkle)
    browser.post(link, {"open": "yes"})
    page = browser.post(page_of(session, "acceptance"), follow_redirects=True).text
    assert f"<h1>{said}</h1>" in page
    for text in (page, browser.get(page_of(session)).text):
        assert "Your appointment is booked" not in text


def test_who_reads_the_offer_instead_gets_no_link_to_act_as_who_waits(waits, full, ana, ben, session, outbox):
    """Ben may book no more, so the offer goes to a colleague, who may not take it as Ben."""
    waits(ben)
    session.add(Contact(company=ben.company, customer=ben.customer, name="Cleo Park", email="cleo@park.example"))
    ben.role = BILLING
    free_it(full, ana, session)
    look(session)
    [email] = [email for email in outbox.emails if email.subject.startswith("A time is free")]
    assert email.to == "cleo@park.example"
    assert "/portal/waitlist" in email.text
    assert "/d/" not in email.text
    assert session.scalars(select(DocumentLink).where(DocumentLink.kind == OFFER)).all() == []


@pytest.mark.parametrize(("late", "whose"), [(-SECOND, ["Ben"]), (timedelta(0), ["Cleo"])])
def test_an_offer_lasts_two_hours_and_then_goes_to_the_next(waits, full, clock, ana, ben, session, outbox, late, whose):
    cleo = other(ben, "Cleo Park")
    waits(ben)
    waits(cleo, minutes=1)
    free_it(full, ana, session)
    look(session)
    clock.move_to(MONDAY + OFFERED + late)
    look(session)
    look(session)
    assert offered_to(session) == whose


def other(ben, name: str):
    return factories.contact(ben.company, name, "cleo@park.example")


def test_a_time_is_not_offered_twice_to_one_person(waits, full, clock, ana, ben, session):
    waits(ben)
    free_it(full, ana, session)
    look(session)
    clock.move_to(MONDAY + OFFERED)
    look(session)
    assert offered_to(session) == []


@pytest.mark.parametrize(
    ("wishes", "suits"),
    [
        ({}, True),
        ({"weekdays": [2]}, True),
        ({"weekdays": [0, 4]}, False),
        ({"day_part": "morning"}, True),
        ({"day_part": "afternoon"}, False),
        ({"until_on": at(24, 9).date()}, False),
    ],
)
def test_only_what_suits_is_offered(waits, full, ana, ben, session, wishes, suits):
    waits(ben, **wishes)
    free_it(full, ana, session)
    look(session)
    assert bool(offered_to(session)) is suits


@pytest.mark.parametrize(("moment", "ended"), [(at(25, 23, 59), False), (at(26, 0), True)])
def test_after_the_last_day_it_is_over_and_their_page_says_so(
    browser_of, waits, full, clock, ben, session, moment, ended
):
    waits(ben)
    clock.move_to(moment)
    look(session)
    entry = session.scalars(select(WaitlistEntry)).one()
    assert (entry.ended_at is not None, entry.outcome) == (ended, "")
    browser = browser_of(ben)
    text = browser.get("/portal/waitlist").text
    assert ("No time that suited you became free by Nov 25, 2026." in text) is ended
    assert (browser.get(f"/portal/waitlist/new?service={full.service.number}&place=2").status_code == 303) is not ended


@pytest.mark.parametrize("gone", ["contact", "service", "place"])
def test_what_cannot_be_booked_is_not_offered(waits, full, ana, ben, session, gone):
    waits(ben)
    free_it(full, ana, session)
    if gone == "service":
        full.service.bookable = False
    elif gone == "contact":
        ben.left_at = MONDAY
    else:
        ben.customer.properties[0].archived_at = MONDAY
    look(session)
    assert offered_to(session) == []
    ended = session.scalars(select(WaitlistEntry)).one().ended_at is not None
    assert ended is (gone == "contact")


def test_those_whose_last_day_has_passed_hold_up_nobody(waits, full, ana, ben, session):
    waits(ben, until_on=at(24, 9).date())
    waits(other(ben, "Cleo Park"), minutes=1)
    free_it(full, ana, session)
    entries = session.scalars(WaitlistEntry.active(ben.company, at(25, 0))).all()
    assert [entry.contact.first_name for entry in entries] == ["Cleo"]


def test_each_company_is_searched_by_itself(waits, full, ana, ben, cleo, session):
    theirs = service(cleo.company, "Pipes")
    place = cleo.customer.properties[0]
    wishes = {"weekdays": [], "day_part": "", "until_on": NINE.date()}
    WaitlistEntry.join(cleo, theirs, place, by=actor(cleo), now=MONDAY - SECOND, **wishes)
    waits(ben)
    session.commit()
    find_offers()
    session.commit()
    jobs = session.scalars(select(Job).where(Job.name == "booking.find_offers_of")).all()
    assert {job.company_id for job in jobs} == {ben.company_id, cleo.company_id}
    free_it(full, ana, session)
    entries = session.scalars(WaitlistEntry.active(ben.company, MONDAY)).all()
    assert [entry.contact.first_name for entry in entries] == ["Ben"]


@pytest.mark.parametrize(
    ("moment", "offered"),
    [
        (at(23, 8) - SECOND, False),
        (at(23, 8), True),
        (at(23, 21) - SECOND, True),
        (at(23, 21), False),
        (at(25, 6), False),
    ],
)
def test_offers_are_made_by_day_and_not_of_what_begins_before_their_end(
    waits, full, clock, sparkle, ana, ben, session, moment, offered
):
    sparkle.lead_minutes = 0
    waits(ben)
    free_it(full, ana, session)
    clock.move_to(moment)
    look(session)
    assert bool(offered_to(session)) is offered


def test_who_declines_waits_on_and_who_leaves_does_not(browser_of, waits, full, ana, ben, session):
    waits(ben)
    cleo = other(ben, "Cleo Park")
    waits(cleo, minutes=1)
    free_it(full, ana, session)
    look(session)
    browser = browser_of(ben)
    assert browser.post(page_of(session, "decline")).location == page_of(session)
    look(session)
    assert offered_to(session) == ["Cleo"]
    assert "on the waitlist" in browser.get("/portal/waitlist").text
    browser_of(cleo).post(page_of(session, "leave", of=1))
    assert offered_to(session) == []
    assert session.scalars(select(AppointmentSlice)).all() == []


def test_an_offer_that_is_over_counts_until_somebody_takes_the_time(browser_of, waits, full, clock, ana, ben, session):
    waits(ben)
    free_it(full, ana, session)
    look(session)
    clock.move_to(MONDAY + OFFERED)
    browser = browser_of(ben)
    assert "no longer held for you" in browser.get("/portal/waitlist").text
    assert browser_of(ana).post("/portal/book", choice(full.service, ana, NINE)).status_code == 303
    assert browser.post(page_of(session, "acceptance")).status_code == 303
    session.commit()
    standing = session.scalars(select(Appointment).where(Appointment.canceled_at.is_(None))).all()
    assert [row.customer.name for row in standing] == ["Ana Ruiz"]


def test_one_wish_a_person_with_days_that_can_be(browser_of, full, ben):
    browser = browser_of(ben)
    form = choice(full.service, ben, until_on="2026-11-26")
    for wrong in ("", "2026-11-22", "2026-11-27"):
        assert browser.post("/portal/waitlist", form | {"until_on": wrong}).status_code == 422
    assert browser.post("/portal/waitlist", form).status_code == 303
    assert browser.get(f"/portal/waitlist/new?service={full.service.number}&place=2").location == "/portal/waitlist"
    assert "already on the waitlist" in browser.post("/portal/waitlist", form, follow_redirects=True).text


def test_a_neighbors_address_does_not_exist(browser_of, full, ana, ben, cleo):
    theirs = choice(full.service, ana, until_on="2026-11-26")
    for stranger in (ben, cleo):
        browser = browser_of(stranger)
        assert browser.get("/portal/waitlist/new?service=1&place=1").status_code == 404
        assert browser.post("/portal/waitlist", theirs).status_code == 404


def test_nobody_accepts_what_is_offered_to_another(browser_of, waits, full, ana, ben, session):
    waits(ben)
    free_it(full, ana, session)
    look(session)
    for verb in ("acceptance", "decline", "leave"):
        assert browser_of(ana).post(page_of(session, verb)).status_code == 404
    assert browser_of(ana).get(page_of(session)).status_code == 404
    assert offered_to(session) == ["Ben"]


def test_staff_see_who_waits_for_what(browser_of, olga, waits, full, ana, ben, session):
    waits(ben, weekdays=[2, 4], day_part="morning")
    free_it(full, ana, session)
    look(session)
    text = browser_of(olga).get("/office/schedule/waitlist").text
    assert "Ben Okafor · Windows" in text
    assert "Wednesday, Friday, mornings, until Nov 25, 2026" in text
    assert "Offered now: Wed, Nov 25, 2026, 9:00\xa0AM" in text


@pytest.mark.parametrize("more", [0, 30])
def test_the_list_takes_the_same_statements_for_any_number(
    browser_of, olga, waits, full, ben, session, statements, more
):
    for n in range(more):
        waits(other(ben, f"Cleo {n}"))
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/schedule/waitlist").status_code == 200
    assert len(seen) <= 3


class Offer:
    """The worker offers the time to somebody."""

    def __init__(self, entry):
        self.entry_id = entry.id

    def __call__(self):
        db.session.get_one(WaitlistEntry, self.entry_id).offer(NINE, now=MONDAY)


class Take:
    """A customer books the time."""

    def __init__(self, service, contact):
        self.ids = service.id, contact.id

    def __call__(self):
        service, contact = (
            db.session.get_one(kind, row_id) for kind, row_id in zip((Service, Contact), self.ids, strict=True)
        )
        how = {"notes": "", "answers": [], "by": actor(contact), "now": MONDAY}
        Appointment.book(Availability(service, now=MONDAY), contact, contact.customer.properties[0], NINE, **how)


def test_a_time_that_is_offered_to_one_while_another_books_it_has_one_owner(at_once, waits, full, ana, ben, session):
    entry = waits(ben)
    free_it(full, ana, session)
    assert at_once(Offer(entry), Take(full.service, ana)) == ["That time was just taken.", "done"]
    assert len(session.scalars(select(AppointmentSlice)).all()) == 4


def test_one_time_is_offered_to_one_of_two(at_once, waits, full, ana, ben, session):
    entries = waits(ben), waits(other(ben, "Cleo Park"), minutes=1)
    free_it(full, ana, session)
    assert at_once(*map(Offer, entries)) == ["That time was just taken.", "done"]
    assert len(offered_to(session)) == 1


def test_control_without_the_unique_key_it_is_offered_and_booked(at_once, monkeypatch, waits, full, ana, ben, session):
    entry = waits(ben)
    free_it(full, ana, session)
    monkeypatch.setattr(slices, "take", lambda owner, pairs: True)
    monkeypatch.setattr(slices, "prolong", lambda hold: 4)
    staff_id = full.staff_id
    monkeypatch.setattr(Availability, "staff_at", lambda *_facts: [staff_id])
    assert at_once(Offer(entry), Take(full.service, ana)) == ["done", "done"]


def test_who_wants_what_is_gone_is_told(waits, full, ben):
    entry = waits(ben)
    with pytest.raises(Refused, match="no longer offered"):
        entry.accept(by=actor(ben), now=MONDAY)
