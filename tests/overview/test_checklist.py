"""The checklist of the dashboard: ticked by facts, for pages that exist, hidden, brought back, and closed when done."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry, record
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import SignIn
from sergio.companies.models import FREE
from sergio.companies.plans import STARTER
from sergio.lib import clock
from sergio.overview import checklist
from sergio.overview.jobs import close_checklists
from sergio.service_area.models import ServiceArea
from sergio.staff.models import OFFICE, OWNER, WorkingHours
from sergio.trial import creation
from tests import factories
from tests.booking import builders as booking
from tests.factories import by

PROFILE = "office.settings.company.edit"
HIDE, BACK = "/office/checklist/hide", "/office/checklist/bring-back"


@pytest.fixture
def fresh(world, session):
    """A company as a sign-up leaves it, with its owner."""
    empty = {"street": "", "city": "", "region": "", "postal_code": "", "checklist_since": clock.now()}
    company = factories.company("fresh", "Fresh Lawns", FREE, **empty)
    company.phone = ""
    owner = factories.staff(company, "Fred Lawson", OWNER)
    owner.hours = []
    session.commit()
    return owner


@pytest.fixture
def ticked(fresh, session):
    """`ticked()`: the endpoints of the lines that are done."""

    def read():
        session.flush()
        return {line.endpoint for line in checklist.lines(fresh.company) if line.done}

    return read


def test_a_new_company_has_nothing_done(ticked):
    assert ticked() == set()


def complete_profile(company, owner, session):
    company.phone, company.street, company.city = "+12075550100", "1 Elm Street", "Portland"


def set_service_area(company, owner, session):
    session.add(ServiceArea(company=company, postal_codes=["04101"]))


def choose_colors(company, owner, session):
    company.brand = "#123456"


def add_logo(company, owner, session):
    company.logo = "a" * 32


def try_it(company, owner, session):
    creation.create(owner, by=by(owner), now=clock.now())


def add_service(company, owner, session):
    booking.service(company, "Mowing")


def set_hours(company, owner, session):
    session.add(WorkingHours(company=company, staff_id=owner.id, weekday=0, opens=540, closes=1020))


def preview(company, owner, session):
    record(owner, "started", by=by(owner), at=clock.now())
    entry = {"subject": "preview"}
    session.execute(AuditEntry.__table__.insert(), a_preview(company) | entry)


def a_preview(company):
    now = clock.now()
    facts = {"company_id": company.id, "at": now, "actor_kind": "staff", "actor_name": "Fred", "action": "started"}
    return facts | {"subject_id": 1, "before": {}, "after": {}, "ip_address": "", "request_id": ""}


def add_customer(company, owner, session):
    factories.contact(company, "Carl Grass", "carl@example.com")


def invite(company, owner, session):
    factories.staff(company, "Ivy Green", OFFICE)


FACTS = {
    PROFILE: complete_profile,
    "office.settings.service_area.edit": set_service_area,
    "office.settings.branding.edit": choose_colors,
    "office.settings.services.index": add_service,
    "office.settings.hours.index": set_hours,
    "office.preview.index": preview,
    "office.settings.test_customer.show": try_it,
    "office.customers.records.new": add_customer,
}


@pytest.mark.parametrize(("endpoint", "do"), FACTS.items())
def test_a_line_is_ticked_by_its_fact_and_no_other_is(fresh, ticked, session, endpoint, do):
    do(fresh.company, fresh, session)
    assert ticked() == {endpoint}


def test_a_colleague_or_a_customer_who_signed_in_ticks_the_invitation(fresh, ticked, session):
    invite(fresh.company, fresh, session)
    assert "office.settings.team.index" in ticked()
    session.rollback()
    contact = factories.contact(fresh.company, "Carl Grass", "carl@example.com")
    assert "office.settings.team.index" not in ticked()
    SignIn.start(contact, browser="a test", by=by(contact), now=clock.now())
    assert "office.settings.team.index" in ticked()


def test_a_portal_adds_the_line_that_an_invitation_or_a_sign_in_of_a_customer_ticks(fresh, ticked, session):
    inviting = "office.customers.invitations.index"
    assert inviting not in {line.endpoint for line in checklist.lines(fresh.company)}
    fresh.company.plan = STARTER
    contact = factories.contact(fresh.company, "Carl Grass", "carl@example.com")
    assert inviting in {line.endpoint for line in checklist.lines(fresh.company)} - ticked()
    PortalInvitation.send(contact, instead_of=0, by=by(fresh), at=clock.now())
    assert inviting in ticked()


def test_a_colleague_who_left_and_a_service_that_is_not_bookable_do_not_count(fresh, ticked, session):
    factories.staff(fresh.company, "Ivy Green", OFFICE).left_at = clock.now()
    booking.service(fresh.company, "Mowing").bookable = False
    assert ticked() == set()


def test_facts_of_other_companies_do_not_count(fresh, ticked, world, session):
    add_service(world.sparkle, world.olga, session)
    preview(world.sparkle, world.olga, session)
    assert ticked() == set()


def test_the_dashboard_shows_the_lines_whose_pages_exist(app, browser_of, fresh, session):
    page = browser_of(fresh).get("/office/").text
    assert "Set up your portal" in page
    assert 'href="/office/settings/company">Complete your profile</a>' in page
    existing = [line for line in checklist.lines(fresh.company) if line.endpoint in app.view_functions]
    assert f"0 of {len(existing)} done" in page
    for line in checklist.lines(fresh.company):
        assert (line.label in page) == (line.endpoint in app.view_functions)


def do_all(company, owner, session):
    for do in (*FACTS.values(), add_logo, invite):
        do(company, owner, session)
    session.commit()


def test_it_disappears_when_all_is_done(browser_of, fresh, session):
    browser = browser_of(fresh)
    do_all(fresh.company, fresh, session)
    assert "Set up your portal" not in browser.get("/office/").text


def test_what_is_done_is_closed_by_the_worker_and_then_costs_nothing(browser_of, fresh, session, statements):
    browser = browser_of(fresh)

    def cost():
        browser.get("/office/")
        with statements() as seen:
            assert browser.get("/office/").status_code == 200
        return len(seen)

    shown = cost()
    close_checklists()
    session.commit()
    assert fresh.company.checklist_since
    do_all(fresh.company, fresh, session)
    assert cost() == shown
    close_checklists()
    session.commit()
    assert fresh.company.checklist_since is None
    assert cost() == shown - 1
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "finished_checklist")).one()
    assert (entry.actor_name, entry.company_id) == ("Sergio", fresh.company.id)


def test_it_is_hidden_and_brought_back_and_the_audit_trail_says_by_whom(browser_of, fresh, session):
    browser = browser_of(fresh)
    hidden = browser.post(HIDE, follow_redirects=True).text
    assert "Set up your portal" not in hidden
    assert "You can bring it back in Settings." in hidden
    browser.post(HIDE)
    assert 'href="/office/checklist"' in browser.get("/office/settings/").text
    assert "Show on the dashboard" in browser.get("/office/checklist").text
    assert "Set up your portal" in browser.post(BACK, follow_redirects=True).text
    browser.post(BACK)
    session.rollback()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("%_checklist"))).all()
    assert [(entry.action, entry.actor_name) for entry in entries] == [
        ("hid_checklist", "Fred Lawson"),
        ("brought_back_checklist", "Fred Lawson"),
    ]


def test_a_company_from_before_has_none_until_somebody_wants_it(browser_of, olga, sparkle):
    sparkle.phone = ""
    assert "Set up your portal" not in browser_of(olga).get("/office/").text
    browser_of(olga).post(BACK)
    assert "Set up your portal" in browser_of(olga).get("/office/").text


def test_a_technician_neither_sees_nor_hides_it(browser_of, olga, theo, sparkle, session):
    sparkle.phone = ""
    browser_of(olga).post(BACK)
    technician = browser_of(theo)
    assert "Set up your portal" not in technician.get("/office/").text
    for path in (HIDE, BACK):
        assert technician.post(path).status_code == 403
    session.refresh(sparkle)
    assert sparkle.checklist_since


def test_a_repeat_view_shows_what_was_done_meanwhile(browser_of, fresh, session):
    browser = browser_of(fresh)
    browser.get("/office/")
    tag = browser.get("/office/").headers["ETag"]
    assert browser.get("/office/", headers={"If-None-Match": tag}).status_code == 304
    complete_profile(fresh.company, fresh, session)
    session.commit()
    assert browser.get("/office/", headers={"If-None-Match": tag}).status_code == 200
