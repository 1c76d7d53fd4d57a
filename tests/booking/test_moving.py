"""The office moves, assigns and cancels appointments."""

import re

import pytest
from sqlalchemy import select

from sergio.booking import slices
from sergio.booking.availability import Availability
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.staff.models import TECHNICIAN, StaffMember
from tests import factories
from tests.booking.builders import actor, appointment, at

MOVE = "/office/schedule/1/move"


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def mine(ana, theo, windows):
    """Windows at Ana's on Wednesday at nine, with Theo."""
    return appointment(windows, ana, theo, at(25, 9))


@pytest.fixture
def maya(sparkle, session):
    return factories.staff(sparkle, "Maya Stone", TECHNICIAN)


def typed(mine, **changed) -> dict:
    sent = {"slot": "", "on": "2026-11-26", "time": "10:00", "staff": mine.staff_id, "minutes": ["60", "minutes"]}
    return sent | {"sequence": mine.sequence, "tell": "y"} | changed


def test_it_is_moved_by_typing_and_the_customer_hears(office, mine, session, outbox):
    assert office.post(MOVE, typed(mine)).location == "/office/schedule/1"
    session.expire_all()
    assert (mine.starts_at, mine.sequence) == (at(26, 10), 1)
    [letter] = outbox.emails
    assert letter.to == "ana@example.com"
    assert letter.subject == "Your appointment is now on Thu, Nov 26, 2026, 10:00 AM"
    assert "It was scheduled for Wed, Nov 25, 2026, 9:00\xa0AM." in letter.text
    assert "by Olga Petrova" in office.get("/office/schedule/1").text


def test_dragging_sends_an_instant_to_the_same_place(office, mine, maya, session, outbox):
    back = "/office/schedule?view=week&on=2026-11-23"
    sent = {"starts_at": "2026-11-25T16:15Z", "day": "", "staff": maya.id, "sequence": 0, "back": back}
    assert office.post(MOVE, sent).location == back
    session.expire_all()
    assert (mine.starts_at, mine.minutes, mine.staff_id) == (at(25, 11, 15), 60, maya.id)
    assert outbox.subjects == []


def test_dragged_to_another_day_it_keeps_its_time(office, mine, session):
    sent = {"starts_at": "2026-11-25T14:00Z", "day": "2026-11-27", "staff": mine.staff_id, "sequence": 0}
    office.post(MOVE, sent)
    session.expire_all()
    assert mine.starts_at == at(27, 9)


def test_a_move_is_taken_back(office, mine, session, outbox):
    page = office.post(MOVE, typed(mine, minutes=["2", "hours"]), follow_redirects=True).text
    assert "Moved to Thu, Nov 26, 2026, 10:00\xa0AM. We emailed the customer." in page
    form = page.partition(f'action="{MOVE}"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    fields.pop("csrf_token")
    assert "Undo" in form
    office.post(MOVE, fields)
    session.expire_all()
    assert (mine.starts_at, mine.minutes, mine.sequence) == (at(25, 9), 60, 2)
    assert len(outbox.subjects) == 2


def test_a_page_of_another_site_is_never_returned_to(office, mine):
    assert office.post(MOVE, typed(mine, back="//evil.example/")).location == "/office/schedule/1"


def test_a_collision_is_refused_with_free_times_and_nothing_lost(office, mine, ben, theo, windows, session):
    appointment(windows, ben, theo, at(26, 10))
    page = office.get(f"{MOVE}?slot=&on=2026-11-26&time=10:00&staff={theo.id}&part=check", htmx=True).text
    assert "Theo Laurent has Windows for Ben Okafor on Thu, Nov 26, 2026" in page
    assert "<h1" not in page
    response = office.post(MOVE, typed(mine, message="Kept"))
    assert response.status_code == 422
    assert "Theo Laurent has Windows for Ben Okafor on Thu, Nov 26, 2026" in response.text
    assert f'value="2026-11-26T16:00Z~{theo.id}"' in response.text
    assert "Kept" in response.text
    session.expire_all()
    assert mine.starts_at == at(25, 9)


def test_a_rule_of_booking_warns_once(office, mine, session):
    response = office.post(MOVE, typed(mine, time="20:00"))
    assert response.status_code == 422
    assert "Schedule anyway" in response.text
    assert office.post(MOVE, typed(mine, time="20:00", anyway="y")).status_code == 303


def test_of_two_who_move_one_the_second_is_told(office, browser_of, nora, mine, session):
    browser_of(nora).post(MOVE, typed(mine))
    response = office.post(MOVE, typed(mine, sequence=0, on="2026-11-27", message="Mine"))
    assert response.status_code == 422
    assert "This appointment has changed. It is now on Thu, Nov 26, 2026, 10:00\xa0AM." in response.text
    assert "Mine" in response.text
    assert 'name="sequence" type="hidden" value="1"' in response.text
    session.expire_all()
    assert mine.starts_at == at(26, 10)


def test_only_the_person_changes(office, mine, maya, session, outbox):
    sent = typed(mine, on="2026-11-25", time="09:00", staff=maya.id)
    page = office.post(MOVE, sent, follow_redirects=True).text
    assert "Maya Stone takes this appointment. We emailed the customer." in page
    session.expire_all()
    assert (mine.staff_id, mine.sequence) == (maya.id, 1)
    assert outbox.subjects == ["Maya will come on Wed, Nov 25, 2026, 9:00 AM"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "soon"}, "Choose a day."),
        ({"time": "10:05"}, "Appointments start on a quarter hour"),
        ({"staff": "9999"}, "Not a valid choice."),
        ({"minutes": ["0", "minutes"]}, "Enter between"),
        ({"message": "x" * 501}, "Field cannot be longer than 500 characters."),
        ({"slot": "2026-11-26T15:00Z~9999"}, "Choose one of the times."),
        ({"slot": "2026-11-26T15:07Z~{}"}, "Choose one of the times."),
    ],
)
def test_bad_input_comes_back(office, mine, session, changed, sentence):
    changed = {name: value.format(mine.staff_id) if name == "slot" else value for name, value in changed.items()}
    response = office.post(MOVE, typed(mine, **changed))
    assert response.status_code == 422
    assert sentence in response.text
    session.expire_all()
    assert mine.sequence == 0


@pytest.mark.parametrize("path", ["move", "cancel"])
def test_what_is_over_stays(office, mine, clock, path):
    clock.move_to(at(25, 12))
    page = office.post(f"/office/schedule/1/{path}", typed(mine), follow_redirects=True)
    assert "This appointment is over." in page.text
    assert "Move or assign" not in office.get("/office/schedule/1").text


def test_canceled_with_a_reason_the_customer_hears(office, browser_of, ana, mine, session, outbox):
    assert "Cancel this appointment?" in office.get("/office/schedule/1/cancel").text
    office.post("/office/schedule/1/cancel", {"reason": "Snow <storm>", "tell": "y", "sequence": 0})
    [letter] = outbox.emails
    assert letter.to == "ana@example.com"
    assert "Snow <storm>" in letter.text
    assert "Snow &lt;storm&gt;" in browser_of(ana).get("/portal/appointments/1").text


def test_canceled_without_an_email_nobody_hears(office, mine, session, outbox):
    office.post("/office/schedule/1/cancel", {"reason": "", "sequence": 0})
    session.expire_all()
    assert mine.canceled_at
    assert outbox.subjects == []


@pytest.mark.parametrize("path", ["move", "cancel"])
def test_technicians_and_other_companies_change_nothing(browser_of, world, theo, mine, session, path):
    url = f"/office/schedule/1/{path}"
    assert browser_of(theo).post(url, typed(mine)).status_code == 403
    assert browser_of(world.rita).post(url, typed(mine)).status_code == 404
    session.expire_all()
    assert (mine.sequence, mine.canceled_at) == (0, None)


def move(appointment_id: int, member_id: int, starts_at):
    """The office moves an appointment."""

    def run():
        mine = db.session.get_one(Appointment, appointment_id)
        member = db.session.get_one(StaffMember, member_id)
        mine.rearrange(starts_at, 60, member, message=None, by=actor(member), now=at(23, 8))

    return run


def book(service_id: int, contact_id: int, starts_at):
    """A customer books online."""

    def run():
        contact = db.session.get_one(Contact, contact_id)
        service = db.session.get_one(Service, service_id)
        place = contact.customer.properties[0]
        said = {"notes": "", "answers": [], "by": actor(contact), "now": at(23, 8)}
        Appointment.book(Availability(service, now=at(23, 8)), contact, place, starts_at, **said)

    return run


def collide(session) -> bool:
    session.rollback()
    rows = session.scalars(select(Appointment)).all()
    return len({(row.staff_id, row.starts_at) for row in rows}) < len(rows)


@pytest.fixture
def rivals(mine, ben, theo, windows):
    """What two do at once for Thursday at ten: the office moves one, and another or a customer wants it, too."""
    other = appointment(windows, ben, theo, at(25, 13))
    ours, theirs = (move(row.id, theo.id, at(26, 10)) for row in (mine, other))
    return {"two of the office": (ours, theirs), "a customer": (ours, book(windows.id, ben.id, at(26, 10)))}


@pytest.mark.parametrize("who", ["two of the office", "a customer"])
def test_of_two_who_want_one_time_one_gets_it(at_once, rivals, session, who):
    outcomes = at_once(*rivals[who])
    assert outcomes[1] == "done"
    assert outcomes[0].startswith("That time was just taken")
    assert not collide(session)


def test_control_without_the_unique_quarter_hours_both_get_it(at_once, rivals, session, monkeypatch):
    monkeypatch.setattr(slices, "take", lambda appointment, pairs: True)
    assert at_once(*rivals["two of the office"]) == ["done", "done"]
    assert collide(session)
