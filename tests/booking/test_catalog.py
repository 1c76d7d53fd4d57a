"""Settings -> Services: the list, its order, a service, and the questions it asks."""

import threading

import pytest
from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.booking.models import Appointment
from sergio.booking.services import Service, ServiceQuestion
from sergio.companies.models import Company
from sergio.database import locks
from sergio.extensions import db
from tests.booking.builders import MONDAY, actor, address, appointment, at, choice

PAGE = "/office/settings/services"
SERVICE = {
    "name": "Gutters",
    "description": "All gutters of the house.",
    "bookable": "y",
    "minutes": ["90", "minutes"],
    "buffer_minutes": ["15", "minutes"],
    "price_kind": "from",
    "price": "120.50",
    "lead_minutes": ["", "hours"],
    "guarantee": "nothing",
    "approval": "company",
}
QUESTION = {"wording": "How many windows?", "kind": "number", "options": "", "required": "y"}


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


def service_of(session, name="Gutters") -> Service | None:
    session.expire_all()
    return session.scalar(select(Service).where(Service.name == name))


def names(session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Service.name).order_by(Service.position, Service.number)))


def test_a_new_service_is_on_the_list_and_can_be_booked(office, browser_of, ana, theo, windows, session):
    assert office.post(PAGE, SERVICE).status_code == 303
    gutters = service_of(session)
    assert (gutters.minutes, gutters.buffer_minutes, gutters.price, gutters.price_is_fixed) == (90, 15, 12_050, False)
    assert (gutters.lead_minutes, gutters.needs_approval) == (None, None)
    assert "1 hour 30 minutes · from $120.50" in browser_of(ana).get("/portal/book").text
    assert browser_of(ana).post("/portal/book", choice(gutters, ana, at(25, 9))).status_code == 303
    entry = session.scalar(select(AuditEntry).where(AuditEntry.subject == "service"))
    assert (entry.action, entry.after["price_amount"], entry.after["currency"]) == ("created", 12_050, "USD")


def test_a_comma_before_three_digits_is_of_thousands(office, session):
    assert office.post(PAGE, SERVICE | {"minutes": ["1,200", "minutes"]}).status_code == 303
    assert session.scalar(select(Service.minutes).where(Service.name == SERVICE["name"])) == 1200


@pytest.mark.parametrize(
    ("kind", "typed", "shown"),
    [
        ("from", "1,250.5", "From $1,250.50"),
        ("fixed", "99", "$99.00"),
        ("fixed", "12,5", "$12.50"),
        ("fixed", "1,200", "$1,200.00"),
        ("fixed", "1,234,567", "$1,234,567.00"),
        ("fixed", "1.250,50", "$1,250.50"),
        ("fixed", "0,500", "$0.50"),
        ("request", "", "On request"),
        ("request", "5", "On request"),
        ("from", "0", "From $0.00"),
    ],
)
def test_prices_are_from_fixed_or_on_request(office, session, kind, typed, shown):
    assert office.post(PAGE, SERVICE | {"price_kind": kind, "price": typed}).status_code == 303
    assert f"· {shown}" in office.get(PAGE).text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 121}, "Field cannot be longer than 120 characters."),
        ({"minutes": ["4", "minutes"]}, "Enter between 5 minutes and 14 days."),
        ({"minutes": ["337", "hours"]}, "Enter between 5 minutes and 14 days."),
        ({"buffer_minutes": ["25", "hours"]}, "Enter between 0 minutes and 24 hours."),
        ({"price": ""}, "Enter an amount, or choose"),
        ({"price": "-1"}, "Enter an amount, such as 120 or 120.50."),
        ({"price": "0.005"}, "Enter an amount, such as 120 or 120.50."),
        ({"price": "1.200"}, "Enter 1200, or at most two decimals: 1.200 can mean both."),
        ({"minutes": ["1.200", "minutes"]}, "Enter 1200, or at most two decimals: 1.200 can mean both."),
        ({"price": "1e99"}, "Enter an amount, such as 120 or 120.50."),
        ({"price": "Infinity"}, "Enter an amount, such as 120 or 120.50."),
        ({"price_kind": "gift"}, "Not a valid choice."),
        ({"approval": "perhaps"}, "Not a valid choice."),
        ({"lead_minutes": ["366", "days"]}, "Enter between 0 minutes and 365 days."),
        ({"done_by": "999"}, "999"),
    ],
)
def test_bad_input_keeps_what_was_typed(office, session, changed, sentence):
    response = office.post(PAGE, SERVICE | changed)
    assert response.status_code == 422
    assert sentence in response.text
    assert "All gutters of the house." in response.text
    assert service_of(session) is None


def test_two_services_never_have_one_name(office, windows, session):
    assert office.post(PAGE, SERVICE).status_code == 303
    response = office.post(PAGE, SERVICE | {"name": "GUTTERS"})
    assert response.status_code == 422
    assert "You already have a service called GUTTERS." in response.text
    response = office.post(f"{PAGE}/{windows.number}", SERVICE)
    assert response.status_code == 422
    assert len(names(session)) == 2


def test_a_service_is_changed_and_booked_appointments_keep_their_length(office, ana, theo, windows, session):
    mine = appointment(windows, ana, theo, at(25, 9))
    changed = SERVICE | {"name": "Windows", "minutes": ["3", "hours"], "price_kind": "fixed", "done_by": theo.id}
    assert office.post(f"{PAGE}/{windows.number}", changed).status_code == 303
    session.expire_all()
    assert (windows.minutes, windows.price_is_fixed, [row.staff_id for row in windows.only_by]) == (
        180,
        True,
        [theo.id],
    )
    assert mine.minutes == 60
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "changed"))
    assert entry.before["minutes"] == 60
    assert entry.after["done_by"] == [theo.id]


def test_who_left_stays_named_so_that_nobody_else_gets_the_work(office, olga, theo, windows, sparkle, session):
    office.post(f"{PAGE}/{windows.number}", SERVICE | {"name": "Windows", "done_by": theo.id})
    theo.left_at = MONDAY
    page = office.get(f"{PAGE}/{windows.number}").text
    assert "Theo Laurent (left the team)" in page
    assert "No one on your team does this service" in office.get(PAGE).text


def test_a_notice_and_an_approval_of_its_own_are_obeyed(office, browser_of, ana, theo, windows, session):
    own = SERVICE | {"name": "Windows", "lead_minutes": ["3", "days"], "approval": "approval"}
    office.post(f"{PAGE}/{windows.number}", own)
    browser = browser_of(ana)
    assert browser.post("/portal/book", choice(windows, ana, at(25, 16))).status_code == 422
    assert browser.post("/portal/book", choice(windows, ana, at(26, 9))).status_code == 303
    assert session.scalar(select(Appointment.approval)) == "requested"


def test_an_archived_service_keeps_its_appointments_and_cannot_be_booked(
    office, browser_of, ana, theo, windows, session
):
    mine = appointment(windows, ana, theo, at(25, 9))
    assert "Its 1 upcoming appointment stays on the schedule." in office.get(f"{PAGE}/{windows.number}").text
    assert office.post(f"{PAGE}/{windows.number}/archive").status_code == 303
    session.expire_all()
    assert mine.canceled_at is None
    assert "Windows" in browser_of(ana).get("/portal/appointments").text
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 13))).status_code == 303
    assert session.scalar(select(func.count(Appointment.id))) == 1
    response = office.post(f"{PAGE}/{windows.number}", SERVICE | {"name": "Windows"})
    assert "This service is archived. Restore it first." in response.text
    assert office.post(f"{PAGE}/{windows.number}/restore").status_code == 303
    session.expire_all()
    assert (windows.archived_at, windows.bookable) == (None, False)


def test_a_name_taken_meanwhile_cannot_be_restored(office, windows, session):
    office.post(f"{PAGE}/{windows.number}/archive")
    office.post(PAGE, SERVICE | {"name": "Windows"})
    page = office.post(f"{PAGE}/{windows.number}/restore", follow_redirects=True)
    assert "You already have a service called Windows." in page.text


def test_services_are_moved_up_and_down(office, cleaning, windows, session):
    assert names(session) == ["Deep clean", "Windows"]
    page = office.post(f"{PAGE}/{windows.number}/position", {"to": "1"}, follow_redirects=True)
    assert "Windows is now number 1 of 2." in page.text
    assert names(session) == ["Windows", "Deep clean"]
    for to, place in (("0", 1), ("9999", 2), ("1", 1)):
        office.post(f"{PAGE}/{windows.number}/position", {"to": to})
        assert names(session).index("Windows") + 1 == place


@pytest.mark.parametrize("to", ["", "-1", "up", "99999999999", "1.5"])
def test_a_place_that_is_none_moves_nothing(office, cleaning, windows, session, to):
    assert office.post(f"{PAGE}/{windows.number}/position", {"to": to}).status_code == 422
    assert names(session) == ["Deep clean", "Windows"]


def test_customers_see_the_order(office, browser_of, ana, cleaning, windows, theo):
    office.post(f"{PAGE}/{windows.number}/position", {"to": "1"})
    page = browser_of(ana).get("/portal/book").text
    assert page.index("Windows") < page.index("Deep clean")


def test_hostile_text_stays_text(office, browser_of, ana, theo, session):
    name = "<script>alert(1)</script> {{ 7*7 }}"
    office.post(PAGE, SERVICE | {"name": name, "description": "a\0b\r\n<b>c"})
    shown = "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}"
    assert shown in office.get(PAGE).text
    page = browser_of(ana).get("/portal/book").text
    assert shown in page
    assert "ab\n&lt;b&gt;c" in page


def test_a_technician_changes_nothing_and_a_rival_finds_nothing(browser_of, theo, world, windows, session):
    for browser, status in ((browser_of(theo), 403), (browser_of(world.rita), 404)):
        for path in ("", "/archive", "/restore", "/position", "/questions"):
            assert (
                browser.post(f"{PAGE}/{windows.number}{path}", SERVICE | QUESTION | {"to": "1"}).status_code == status
            )
    session.expire_all()
    assert (windows.name, windows.archived_at, windows.questions) == ("Windows", None, [])


def test_staff_of_another_company_cannot_be_named(office, world, windows, session):
    response = office.post(f"{PAGE}/{windows.number}", SERVICE | {"done_by": world.rita.id})
    assert response.status_code == 422


def ask(office, service, **changed):
    return office.post(f"{PAGE}/{service.number}/questions", QUESTION | changed)


def answers(session):
    session.expire_all()
    return session.scalars(select(Appointment.answers)).all()


def test_answers_are_frozen_in_the_words_of_their_question(office, browser_of, ana, theo, windows, session, outbox):
    assert ask(office, windows).status_code == 303
    assert (
        ask(office, windows, wording="Pets?", kind="choice", options="A cat\nA dog\nA cat\n", required="").status_code
        == 303
    )
    count, pets = session.scalars(select(ServiceQuestion).order_by(ServiceQuestion.id))
    assert pets.options == ["A cat", "A dog"]
    browser = browser_of(ana)
    assert "How many windows?" in browser.get(address("details", windows, ana, at(25, 9))).text
    answered = choice(windows, ana, at(25, 9), **{f"question_{count.id}": "12", f"question_{pets.id}": "A dog"})
    assert browser.post("/portal/book", answered).status_code == 303
    kept = [[["How many windows?", "12"], ["Pets?", "A dog"]]]
    assert answers(session) == kept
    assert "How many windows?: 12" in next(each.text for each in outbox.emails if each.to == "hello@sparkle.example")
    office.post(f"{PAGE}/{windows.number}/questions/{count.id}", QUESTION | {"wording": "How many panes?"})
    office.post(f"{PAGE}/{windows.number}/questions/{pets.id}/delete")
    assert answers(session) == kept
    for page in (office.get("/office/schedule/1").text, browser.get("/portal/appointments/1").text):
        assert "How many windows?" in page
        assert "A dog" in page
        assert "panes" not in page


@pytest.mark.parametrize(
    ("answer", "status"), [("", 422), ("many", 422), ("1e9", 422), ("-3,5", 303), ("12", 303), ("1" * 13, 422)]
)
def test_a_number_is_checked(office, browser_of, ana, theo, windows, session, answer, status):
    ask(office, windows)
    question = session.scalars(select(ServiceQuestion)).one()
    response = browser_of(ana).post(
        "/portal/book", choice(windows, ana, at(25, 9), notes="The gate sticks.", **{f"question_{question.id}": answer})
    )
    assert response.status_code == status
    assert status == 303 or "The gate sticks." in response.text


def test_an_option_that_was_not_offered_is_refused(office, browser_of, ana, theo, windows, session):
    ask(office, windows, kind="choice", options="Yes\nNo")
    question = session.scalars(select(ServiceQuestion)).one()
    for answer, status in (("Perhaps", 422), ("", 422), ("No", 303)):
        given = choice(windows, ana, at(25, 9), **{f"question_{question.id}": answer})
        assert browser_of(ana).post("/portal/book", given).status_code == status


def test_an_answer_to_no_question_is_not_kept(browser_of, ana, theo, windows, session):
    browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 9), question_99="x", answers="x"))
    assert answers(session) == [[]]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"wording": ""}, "Enter the question."),
        ({"wording": "x" * 201}, "Field cannot be longer than 200 characters."),
        ({"kind": "color"}, "Not a valid choice."),
        ({"kind": "choice", "options": "Only one"}, "Enter from 2 to 20 options, each on its own line."),
        ({"kind": "choice", "options": "\n".join(map(str, range(21)))}, "Enter from 2 to 20 options"),
        ({"kind": "choice", "options": "a\n" + "x" * 201}, "An option can have up to 200 characters."),
    ],
)
def test_a_bad_question_comes_back(office, windows, session, changed, sentence):
    response = ask(office, windows, **changed)
    assert response.status_code == 422
    assert sentence in response.text
    assert session.scalars(select(ServiceQuestion)).all() == []


def test_a_service_has_at_most_twelve_questions(office, windows, session):
    for number in range(13):
        ask(office, windows, wording=f"Question {number}?")
    assert session.scalar(select(func.count(ServiceQuestion.id))) == 12


def test_a_question_is_found_only_under_its_own_service(office, browser_of, world, cleaning, windows, session):
    ask(office, windows)
    question = session.scalars(select(ServiceQuestion)).one()
    wrong = f"{PAGE}/{cleaning.number}/questions/{question.id}"
    assert [office.get(wrong).status_code, office.post(wrong, QUESTION).status_code] == [404, 404]
    assert office.post(f"{wrong}/delete").status_code == 404
    other = f"{PAGE}/{windows.number}/questions/{question.id}"
    assert browser_of(world.rita).post(f"{other}/delete").status_code == 404


def test_of_two_who_add_the_same_name_at_once_one_is_told(at_once, sparkle, olga, session):
    assert at_once(*creating(sparkle, olga)) == ["You already have a service called Gutters.", "done"]
    assert names(session) == ["Gutters"]


def test_control_without_the_lock_both_are_added(at_once, sparkle, olga, session, monkeypatch):
    """The control: both read the names before either writes."""
    monkeypatch.setattr(locks, "lock_until_commit", lambda *_: None)
    read = threading.Barrier(2)
    refuse = Service._refuse_name.__func__
    monkeypatch.setattr(
        Service, "_refuse_name", classmethod(lambda *args: refuse(*args) or read.wait(10) is None), raising=True
    )
    assert at_once(*creating(sparkle, olga)) == ["done", "done"]
    assert names(session) == ["Gutters", "Gutters"]


def creating(sparkle, olga) -> list:
    company_id, by = sparkle.id, actor(olga)

    def create():
        company = db.session.get_one(Company, company_id)
        Service.create(company, [], by=by, at=MONDAY, name="Gutters", minutes=60)

    return [create, create]
