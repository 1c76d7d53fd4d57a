"""Settings -> Team: invitations, roles, and removing someone."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.auth.models import SignIn
from sergio.booking.models import Appointment
from sergio.booking.services import ServiceStaff
from sergio.booking.slices import AppointmentSlice
from sergio.database import locks
from sergio.extensions import db
from sergio.staff import labels
from sergio.staff.models import OFFICE, OWNER, TECHNICIAN, StaffMember, TimeOff
from sergio.staff.roles import PERMISSIONS
from tests import factories
from tests.booking.builders import MONDAY, actor, appointment, at
from tests.browser import Browser

PAGE = "/office/settings/team"
MAYA = {"name": "Maya Stone", "email": "maya@sparkle.example", "role": "technician", "bookable": "y"}


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def maya(sparkle, session):
    """A second technician."""
    return factories.staff(sparkle, "Maya Stone", TECHNICIAN)


def member(session, email="maya@sparkle.example") -> StaffMember | None:
    session.expire_all()
    return session.scalar(select(StaffMember).where(StaffMember.email_key == email))


def actions(session) -> list[str]:
    rows = select(AuditEntry.action).where(AuditEntry.subject == "staff_member").order_by(AuditEntry.id)
    return list(session.scalars(rows))


def test_someone_is_invited_and_signs_in_by_the_link(app, office, sparkle, session, outbox, clock):
    assert office.post(PAGE, MAYA).status_code == 303
    maya = member(session)
    assert (maya.role, maya.bookable, maya.invited_until) == (TECHNICIAN, True, MONDAY + timedelta(days=14))
    letter = outbox.emails[-1]
    assert (letter.to, letter.subject) == ("maya@sparkle.example", "Olga Petrova invited you to Sparkle Cleaning")
    link = "https://sparkle.sergio.test/office/sign-in?email=maya%40sparkle.example"
    assert link in letter.text
    assert "Invited, until Mon, Dec 7, 2026" in office.get(PAGE).text
    browser = Browser(app, "sparkle")
    assert 'value="maya@sparkle.example"' in browser.get("/office/sign-in?email=maya%40sparkle.example").text
    browser.sign_in(maya)
    assert member(session).invited_until is None
    assert actions(session) == ["invited", "joined"]
    assert browser.get("/office/").status_code == 200


def test_an_invitation_ends_after_14_days_and_can_be_sent_again(app, office, session, outbox, clock):
    office.post(PAGE, MAYA)
    clock.move_to(MONDAY + timedelta(days=14))
    assert session.scalars(StaffMember.with_email("maya@sparkle.example")).all() == []
    clock.move_to(MONDAY + timedelta(days=14, seconds=-1))
    assert session.scalars(StaffMember.with_email("maya@sparkle.example")).all()
    clock.move_to(MONDAY + timedelta(days=15))
    assert "The invitation has expired" in office.get(PAGE).text
    assert office.post(f"{PAGE}/{member(session).id}/invitation").status_code == 303
    assert session.scalars(StaffMember.with_email("maya@sparkle.example")).all()
    assert outbox.subjects.count("Olga Petrova invited you to Sparkle Cleaning") == 2


def test_who_has_signed_in_is_not_invited_again(office, theo, outbox):
    page = office.post(f"{PAGE}/{theo.id}/invitation", follow_redirects=True)
    assert "Theo Laurent has already signed in." in page.text
    assert outbox.subjects == []


def test_an_invitation_can_be_withdrawn(office, session, outbox):
    office.post(PAGE, MAYA)
    maya = member(session)
    page = office.post(f"{PAGE}/{maya.id}/removal", {"successor": "0"}, follow_redirects=True)
    assert "Maya Stone&#39;s invitation is withdrawn." in page.text
    assert session.scalars(StaffMember.with_email("maya@sparkle.example")).all() == []
    assert actions(session) == ["invited", "withdrawn"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 121}, "Field cannot be longer than 120 characters."),
        ({"email": ""}, "Enter an email address."),
        ({"email": "maya@"}, "Enter a valid email address"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "Enter a valid email address"),
        ({"email": "THEO@sparkle.example"}, "theo@sparkle.example is already on your team."),
        ({"role": "admin"}, "Not a valid choice."),
        ({"role": ""}, "Not a valid choice."),
    ],
)
def test_a_bad_invitation_comes_back(office, session, outbox, changed, sentence):
    response = office.post(PAGE, MAYA | changed)
    assert response.status_code == 422
    assert sentence in response.text
    assert member(session) is None
    assert outbox.subjects == []


def test_who_comes_back_is_the_same_row_and_old_sign_ins_stay_ended(office, browser_of, theo, olga, session):
    old = browser_of(theo)
    assert old.get("/office/").status_code == 200
    office.post(f"{PAGE}/{theo.id}/removal", {"successor": "0"})
    assert old.get("/office/").location.startswith("/office/sign-in")
    office.post(PAGE, MAYA | {"name": "Theo L.", "email": "Theo@sparkle.example", "role": "office"})
    back = member(session, "theo@sparkle.example")
    assert (back.id, back.name, back.role, back.left_at) == (theo.id, "Theo L.", OFFICE, None)
    assert old.get("/office/").location.startswith("/office/sign-in")
    assert session.scalars(select(SignIn).where(SignIn.staff_id == theo.id, SignIn.ended_at.is_(None))).all() == []


def test_the_roles_are_explained_from_the_permissions(office):
    assert set(labels.ALLOWED) == set().union(*PERMISSIONS.values())
    page = office.get(PAGE).text
    assert "See quotes, invoices, and payments" in page
    assert page.count("Yes</span>") == sum(map(len, PERMISSIONS.values()))


def change(office, person, **changed):
    return office.post(f"{PAGE}/{person.id}", {"name": person.name, "role": person.role, **changed})


def test_a_change_of_role_counts_at_once(office, browser_of, theo, session):
    browser = browser_of(theo)
    assert browser.get("/office/invoices").status_code == 403
    assert change(office, theo, role="office", name="Theo B.").status_code == 303
    assert browser.get("/office/invoices").status_code == 200
    session.expire_all()
    assert (theo.name, theo.bookable) == ("Theo B.", False)


def test_extra_fields_change_nothing_and_are_audited(office, theo, world, session):
    change(office, theo, company_id=world.rival.id, left_at="2026-01-01", email="x@y.example", id="1")
    session.expire_all()
    assert (theo.company_id, theo.left_at, theo.email) == (world.sparkle.id, None, "theo@sparkle.example")
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "sent_extra_fields"))
    assert entry.after == {"fields": ["company_id", "email", "id", "left_at"]}


@pytest.mark.parametrize("who", ["theo", "nora"])
def test_only_an_owner_manages_the_team(browser_of, theo, nora, olga, session, clock, who):
    browser = browser_of({"theo": theo, "nora": nora}[who])
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, MAYA).status_code == 403
    for path in ("", "/removal", "/invitation", "/appointments"):
        assert browser.post(f"{PAGE}/{olga.id}{path}", {"role": "owner", "successor": "0"}).status_code == 403
    session.expire_all()
    assert (theo.role, nora.role, olga.left_at) == (TECHNICIAN, OFFICE, None)


def test_a_rivals_owner_finds_nobody(browser_of, world, theo, session, clock):
    browser = browser_of(world.rita)
    for path in ("", "/removal", "/appointments"):
        assert browser.get(f"{PAGE}/{theo.id}{path}").status_code == 404
        assert browser.post(f"{PAGE}/{theo.id}{path}", {"name": "X", "role": "owner"}).status_code == 404
    assert browser.post(f"{PAGE}/{theo.id}/invitation").status_code == 404


def test_the_last_owner_cannot_be_demoted_or_removed(office, sparkle, olga, session):
    response = change(office, olga, role="office")
    assert response.status_code == 422
    assert "Olga Petrova is the only owner. Make someone else an owner first." in response.text
    office.post(PAGE, MAYA | {"role": "owner"})
    assert change(office, olga, role="office").status_code == 422  # an owner who never signed in does not count
    session.expire_all()
    assert olga.role == OWNER


def test_nobody_removes_themselves_by_accident(office, sparkle, olga, session):
    factories.staff(sparkle, "Uma Berg", OWNER)
    assert "Remove from the team" not in office.get(f"{PAGE}/{olga.id}").text
    page = office.post(f"{PAGE}/{olga.id}/removal", {"successor": "0"}, follow_redirects=True)
    assert "You can&#39;t remove yourself. Ask another owner to do it." in page.text
    session.expire_all()
    assert olga.left_at is None


def demoting(*people) -> list:
    """Each of two owners takes the role of the other."""

    def of(who_id, by):
        return lambda: db.session.get_one(StaffMember, who_id).change(role=OFFICE, by=by, at=MONDAY)

    first, second = people
    return [of(second.id, actor(first)), of(first.id, actor(second))]


def owners(session) -> int:
    session.expire_all()
    return len(
        session.scalars(
            select(StaffMember).where(StaffMember.role == OWNER, StaffMember.email_key.like("%sparkle%"))
        ).all()
    )


def test_two_owners_who_demote_each_other_at_once_leave_one(at_once, sparkle, olga, session):
    uma = factories.staff(sparkle, "Uma Berg", OWNER)
    assert at_once(*demoting(olga, uma)).count("done") == 1
    assert owners(session) == 1


def test_control_without_the_lock_no_owner_is_left(at_once, sparkle, olga, session, monkeypatch):
    """The control: both count the owners before either writes."""
    uma = factories.staff(sparkle, "Uma Berg", OWNER)
    monkeypatch.setattr(locks, "lock_until_commit", lambda *_: None)
    counted, count = threading.Barrier(2), StaffMember.other_owners
    monkeypatch.setattr(StaffMember, "other_owners", lambda self: [count(self), counted.wait(10)][0])
    assert at_once(*demoting(olga, uma)) == ["done", "done"]
    assert owners(session) == 0


def remove(office, person, successor=None):
    return office.post(f"{PAGE}/{person.id}/removal", {"successor": successor.id if successor else "0"})


def staff_of(session) -> dict[int, int]:
    session.expire_all()
    return dict(tuple(row) for row in session.execute(select(Appointment.number, Appointment.staff_id)))


def test_the_appointments_go_to_who_is_free_and_nobody_is_booked_twice(
    office, ana, ben, theo, maya, windows, session, outbox
):
    appointment(windows, ana, theo, at(25, 9))
    appointment(windows, ana, theo, at(25, 13))
    appointment(windows, ana, theo, at(20, 9), created_at=at(1, 9))
    appointment(windows, ben, maya, at(25, 13))
    page = office.get(f"{PAGE}/{theo.id}/removal").text
    assert "Theo Laurent has 2 upcoming appointments." in page
    response = remove(office, theo, maya)
    assert response.location == f"{PAGE}/{theo.id}/appointments"
    assert staff_of(session) == {1: maya.id, 2: theo.id, 3: theo.id, 4: maya.id}
    slices = session.execute(select(AppointmentSlice.staff_id, AppointmentSlice.appointment_id).distinct()).all()
    assert {tuple(row) for row in slices if row.appointment_id != 3} == {(maya.id, 1), (theo.id, 2), (maya.id, 4)}
    left = office.get(response.location).text
    assert "Theo Laurent is removed and signed out everywhere. 1 appointment was reassigned to Maya Stone." in left
    assert "1:00" in left
    assert 'href="/office/schedule/2"' in left
    assert 'href="/office/schedule/1"' not in left
    assert "1 upcoming appointment is still with Theo Laurent, who left" in office.get(PAGE).text
    assert outbox.subjects == ["Maya will come on Wed, Nov 25, 2026, 9:00 AM"]


def test_what_was_left_is_given_later(office, ana, theo, maya, windows, session):
    appointment(windows, ana, theo, at(25, 9))
    remove(office, theo)
    assert staff_of(session) == {1: theo.id}
    page = office.post(f"{PAGE}/{theo.id}/appointments", {"successor": "0"}, follow_redirects=True)
    assert "Choose who takes the appointments." in page.text
    page = office.post(f"{PAGE}/{theo.id}/appointments", {"successor": maya.id}, follow_redirects=True)
    assert "Maya Stone takes 1 of 1 appointments." in page.text
    assert staff_of(session) == {1: maya.id}


@pytest.mark.parametrize("why", ["time off", "everyone off", "service"])
def test_nobody_gets_work_they_cannot_do(office, ana, sparkle, theo, maya, windows, session, why):
    appointment(windows, ana, theo, at(25, 9))
    if why == "service":
        windows.only_by = [ServiceStaff(company=sparkle, staff_id=theo.id)]
    else:
        who = maya if why == "time off" else None
        TimeOff.take(sparkle, who, at(25, 9, 45), at(25, 12), "", by=actor(theo), at=MONDAY)
    remove(office, theo, maya)
    assert staff_of(session) == {1: theo.id}


def test_the_successor_must_be_a_colleague_who_gets_appointments(office, world, olga, theo, session):
    for stranger in (world.rita, theo, olga):
        assert remove(office, theo, stranger).status_code == 422
    session.expire_all()
    assert theo.left_at is None


def test_removed_twice_is_told_and_happens_once(office, theo, session):
    assert remove(office, theo).status_code == 303
    assert remove(office, theo).status_code == 404
    assert actions(session) == ["removed"]


@pytest.mark.parametrize("shown", [True, False])
def test_an_email_is_promised_only_if_customers_see_the_technician(
    office, sparkle, ana, theo, maya, windows, session, shown
):
    appointment(windows, ana, theo, at(25, 9))
    sparkle.shows_technician = shown
    session.commit()
    page = office.get(f"{PAGE}/{theo.id}/removal").text
    assert "we'll list them for you." in page
    assert ("Customers get an email about the new technician." in page) == shown
    sent = {"starts_at": "2026-11-25T14:00Z", "staff": maya.id, "tell": "y"}
    page = office.post("/office/schedule/1/move", sent, follow_redirects=True).text
    assert "Maya Stone takes this appointment." in page
    assert ("We emailed the customer." in page) == shown


def test_hostile_names_stay_text(office, session):
    office.post(PAGE, MAYA | {"name": "<img src=x onerror=alert(1)>"})
    page = office.get(PAGE).text
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_team_is_as_large_as_the_plan_allows(office, world, sparkle, session):
    for n in range(8):
        factories.staff(sparkle, f"Helper{n} Hill", TECHNICIAN)
    response = office.post(PAGE, MAYA)
    assert response.status_code == 422
    assert "Your Starter plan includes up to 10 team members." in response.text
    assert member(session) is None


def test_a_mailbox_gets_three_invitations_a_day_from_all_companies(app, office, browser_of, world, session, clock):
    assert office.post(PAGE, MAYA).status_code == 303
    maya = member(session)
    assert office.post(f"{PAGE}/{maya.id}/invitation").status_code == 303
    rita = browser_of(world.rita)
    assert rita.post(PAGE, MAYA | {"email": "Maya+x@sparkle.example"}).status_code == 303
    assert rita.post(PAGE, MAYA | {"email": "maya+y@sparkle.example"}).status_code == 429
    assert office.post(f"{PAGE}/{maya.id}/invitation").status_code == 429


def test_extra_fields_of_an_invitation_are_audited(office, session):
    office.post(PAGE, MAYA | {"company_id": "2", "is_admin": "1"})
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sent_extra_fields")).one()
    assert entry.after == {"fields": ["company_id", "is_admin"]}
