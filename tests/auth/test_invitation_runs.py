"""Inviting many customers at once: who is counted, who gets an email and who is skipped, also after a crash."""

import re
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.auth import invitation_runs
from sergio.auth.invitation_runs import InvitationOutcome, InvitationRun
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import SignIn
from sergio.companies.models import FREE
from sergio.jobs import worker
from sergio.jobs.models import Job
from sergio.jobs.registry import EMAIL, LANES
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from tests import factories
from tests.auth.invited import invitations
from tests.browser import taken
from tests.factories import by

RUNS = "/office/customers/invitations/runs"
DAY = timedelta(days=1)


@pytest.fixture
def mixed(sparkle, ana, ben, olga, session):
    """Contacts in every state; `mixed` has the outcome by email address."""
    now = clock.now()
    people = {name: factories.contact(sparkle, name, f"{name.lower()}@example.com") for name in NAMES}
    factories.contact(sparkle, "Twin", "NEW@example.com")
    people["Silent"].email = ""
    people["Gone"].left_at = now
    people["Archived"].customer.archived_at = now
    SignIn.start(ben, browser="a test", by=BY_SYSTEM, now=now)
    for name, days in (("Recent", 0), ("Earlier", 3), ("Broken", 3)):
        PortalInvitation.send(people[name], instead_of=0, by=by(olga), at=now - days * DAY)
    session.flush()
    broken = session.scalars(select(PortalInvitation).where(PortalInvitation.email == "broken@example.com")).one()
    bounced = session.scalars(select(OutgoingEmail).where(OutgoingEmail.message_id == broken.message_id)).one()
    bounced.mark_refused("550 5.1.1 no", now)
    session.commit()
    return people


NAMES = ("New", "Silent", "Archived", "Gone", "Recent", "Earlier", "Broken")
EXPECTED = {
    "Ana Ruiz": "sent",
    "Ben Okafor": "active",
    "New": "sent",
    "Twin": "same_mailbox",
    "Silent": "no_email",
    "Archived": "archived",
    "Recent": "recent",
    "Earlier": "sent",
    "Broken": "bounced",
}


def outcomes(session) -> dict[str, str]:
    session.rollback()
    names = {row.id: row.name for row in session.scalars(select(factories.Contact))}
    return {names[row.contact_id]: row.outcome for row in session.scalars(select(InvitationOutcome))}


def counts_on(page: str) -> dict[str, int]:
    """The counts of the page: "sent" from its heading, the rest by their labels."""
    sent = re.search(r'id="counts">(\d+) invitation', page)
    facts = re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page)
    return {"sent": int(sent[1]) if sent else 0, **{label: int(count) for label, count in facts}}


def test_the_counts_before_are_what_the_run_then_does(browser_of, olga, mixed, session, work):
    browser = browser_of(olga)
    assert counts_on(browser.get(f"{RUNS}/new?who=everyone").text) == {
        "sent": 3,
        "Customer is archived": 1,
        "No email address": 1,
        "Already active": 1,
        "Invited in the last 24 hours": 1,
        "The last invitation bounced": 1,
        "Same email address as another contact": 1,
    }
    response = browser.post(RUNS, {"who": "everyone"})
    assert (response.status_code, response.location) == (303, f"{RUNS}/1")
    work()
    assert outcomes(session) == EXPECTED
    run = session.scalars(select(InvitationRun)).one()
    assert (run.total, run.ended) == (9, "complete")
    sent = [row.email for row in invitations(session) if row.sent_at >= run.started_at]
    assert sorted(sent) == ["ana@example.com", "earlier@example.com", "new@example.com"]


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("never", {"Ana Ruiz", "New", "Twin", "Silent", "Archived"}),
        ("not_active", {"Recent", "Earlier", "Broken"}),
    ],
)
def test_a_filter_chooses_by_what_is_known(browser_of, olga, mixed, session, work, who, names):
    browser_of(olga).post(RUNS, {"who": who})
    work()
    assert outcomes(session) == {name: EXPECTED[name] for name in names}


def test_ticked_contacts_are_invited_and_no_others(browser_of, olga, mixed, cleo, session, work):
    browser = browser_of(olga)
    chosen = [mixed["New"].id, mixed["Silent"].id, cleo.id]
    page = browser.get(f"{RUNS}/new?who=chosen&" + "&".join(f"contact={each}" for each in chosen)).text
    assert counts_on(page) == {"sent": 1, "No email address": 1}
    browser.post(RUNS, {"who": "chosen", "contact": chosen})
    work()
    assert outcomes(session) == {"New": "sent", "Silent": "no_email"}


def test_the_report_is_a_page_and_a_file(browser_of, olga, mixed, session, work):
    mixed["New"].name = "=HYPERLINK(1)"
    browser = browser_of(olga)
    browser.post(RUNS, {"who": "everyone"})
    assert "0 of 9 contacts done" in browser.get(f"{RUNS}/1").text
    assert "Refresh" in browser.get(f"{RUNS}/1").text
    work()
    page = browser.get(f"{RUNS}/1").text
    assert "3 invitations sent" in page
    assert " by Olga Petrova</p>" in page
    skipped = browser.get(f"{RUNS}/1?show=bounced").text
    assert "broken@example.com" in skipped
    assert "ana@example.com" not in skipped
    file = browser.get(f"{RUNS}/1.csv")
    assert file.headers["Content-Disposition"] == 'attachment; filename="invitations-1.csv"'
    lines = file.text.lstrip("\ufeff").splitlines()
    assert lines[0] == "Customer number,Customer,Contact,Email,Outcome"
    assert len(lines) == 10
    assert "'=HYPERLINK(1),new@example.com,Invitation sent" in file.text
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "invited_to_portal")).all()
    assert Counter(entry.actor_name for entry in entries)["Olga Petrova"] == 6


def test_a_run_goes_through_all_pages(browser_of, olga, sparkle, ana, ben, session, work, monkeypatch):
    monkeypatch.setattr(invitation_runs, "PAGE", 4)
    for n in range(10):
        factories.contact(sparkle, f"Person {n}", f"person{n}@example.com")
    browser_of(olga).post(RUNS, {"who": "never"})
    work()
    assert Counter(outcomes(session).values()) == {"sent": 12}
    assert len({row.contact_id for row in invitations(session)}) == 12


def next_page(session) -> Job:
    return session.scalars(select(Job).where(Job.name == "auth.invite_page", Job.finished_at.is_(None))).one()


def test_after_a_crash_it_goes_on_and_invites_nobody_twice(
    browser_of, olga, sparkle, ana, ben, session, work, monkeypatch
):
    """The worker ends in the middle of the second page, after it has written half of it."""
    monkeypatch.setattr(invitation_runs, "PAGE", 4)
    for n in range(8):
        factories.contact(sparkle, f"Person {n}", f"person{n}@example.com")
    browser_of(olga).post(RUNS, {"who": "never"})
    session.rollback()
    worker.run(taken(next_page(session)))
    assert len(invitations(session)) == 4

    email_to = PortalInvitation.email_to.__func__
    ended = []

    def until_killed(cls, contact, *rest, **more):
        ended.append(contact.id)
        if len(ended) == 3:
            raise KeyboardInterrupt
        return email_to(cls, contact, *rest, **more)

    with monkeypatch.context() as killing:
        killing.setattr(PortalInvitation, "email_to", classmethod(until_killed))
        with pytest.raises(KeyboardInterrupt):
            worker.run(taken(next_page(session)))
    session.rollback()
    assert len(invitations(session)) == 4
    session.execute(update(Job).where(Job.finished_at.is_(None)).values(lease=None, leased_until=None))
    session.commit()
    work()
    assert Counter(outcomes(session).values()) == {"sent": 10}
    assert Counter(row.contact_id for row in invitations(session)).most_common(1)[0][1] == 1
    assert len(session.scalars(select(OutgoingEmail)).all()) == 10


def test_a_page_that_two_workers_run_sends_each_invitation_once(browser_of, olga, ana, ben, session, work):
    """The lease of the first was lost, so both run the same page; the run's row and its unique outcomes decide."""
    browser_of(olga).post(RUNS, {"who": "never"})
    session.rollback()
    job = next_page(session)
    again = Job(name=job.name, args=job.args, lane=job.lane, company_id=job.company_id)
    session.add(again)
    session.commit()
    work()
    assert Counter(outcomes(session).values()) == {"sent": 2}
    assert len(invitations(session)) == 2


def test_its_emails_wait_behind_sign_in_emails(browser_of, olga, ana, session):
    browser_of(olga).post(RUNS, {"who": "never"})
    session.rollback()
    assert next_page(session).lane == EMAIL
    assert LANES.index(EMAIL) > LANES.index("sign_in")
    worker.run(taken(next_page(session)))
    session.rollback()
    lanes = session.scalars(select(Job.lane).where(Job.name == "outbox.deliver")).all()
    assert set(lanes) == {EMAIL}


def test_one_run_at_a_time(browser_of, olga, nora, ana, ben, session, all_at_once):
    browsers = [browser_of(olga), browser_of(nora), browser_of(olga)]
    responses = all_at_once(browsers, RUNS, {"who": "never"})
    session.rollback()
    assert len(session.scalars(select(InvitationRun)).all()) == 1
    assert {response.status_code for response in responses} <= {303, 422}
    late = browser_of(nora).post(RUNS, {"who": "never"})
    assert late.status_code == 422
    assert "is already sending invitations." in late.text


def test_it_can_be_stopped(browser_of, olga, sparkle, ana, ben, session, work, monkeypatch):
    monkeypatch.setattr(invitation_runs, "PAGE", 1)
    browser = browser_of(olga)
    browser.post(RUNS, {"who": "never"})
    session.rollback()
    worker.run(taken(next_page(session)))
    for _ in range(2):
        page = browser.post(f"{RUNS}/1/stop", follow_redirects=True).text
    assert "No more invitations will be sent." in page
    work()
    page = browser.get(f"{RUNS}/1").text
    assert "1 invitation sent" in page
    assert "1 contacts were not looked at" in page
    assert len(invitations(session)) == 1
    stopped = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "invitation_run")).all()
    assert stopped == ["started", "stopped"]


def test_a_company_sends_so_many_a_day_and_the_rest_the_next(
    browser_of, olga, sparkle, ana, ben, session, work, monkeypatch
):
    monkeypatch.setattr(invitation_runs, "MOST_A_DAY", 3)
    monkeypatch.setattr(invitation_runs, "PAGE", 2)
    for n in range(3):
        factories.contact(sparkle, f"Person {n}", f"person{n}@example.com")
    browser = browser_of(olga)
    browser.post(RUNS, {"who": "never"})
    work()
    assert len(invitations(session)) == 3
    assert "Paused: we send up to" in browser.get(f"{RUNS}/1").text
    with time_machine.travel(clock.now() + DAY + timedelta(minutes=1)):
        work()
    assert len(invitations(session)) == 5
    assert session.scalars(select(InvitationRun)).one().ended == "complete"


def test_it_ends_when_the_plan_has_no_portal_any_more(browser_of, olga, sparkle, ana, session, work):
    browser = browser_of(olga)
    browser.post(RUNS, {"who": "never"})
    sparkle.plan = FREE
    session.commit()
    work()
    assert invitations(session) == []
    assert "your plan no longer includes the customer portal" in browser.get(f"{RUNS}/1").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"who": "everybody"}, "Not a valid choice"),
        ({"who": "chosen"}, "Select between 1 and 500 contacts"),
        ({"who": "chosen", "contact": ["x"]}, "Select between 1 and 500 contacts"),
        ({"who": "chosen", "contact": ["9" * 30, "-1"]}, "Select between 1 and 500 contacts"),
        ({"who": "chosen", "contact": [str(n) for n in range(1, 502)]}, "Select between 1 and 500 contacts"),
        ({"who": "chosen", "contact": ["999999"]}, "Nobody you chose can be invited right now."),
        ({"who": "never", "csrf_token": "old"}, "nothing has been sent yet"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_a_sentence(browser_of, olga, ana, session, form, words):
    response = browser_of(olga).post(RUNS, form)
    assert response.status_code == 422
    assert words in response.text
    assert session.scalars(select(InvitationRun)).all() == []


def test_without_a_portal_nothing_can_be_started(browser_of, olga, sparkle, ana, session):
    sparkle.plan = FREE
    browser = browser_of(olga)
    assert "Send 1 invitation" not in browser.get(f"{RUNS}/new").text
    response = browser.post(RUNS, {"who": "never"})
    assert response.status_code == 422
    assert "Your plan doesn&#39;t include the customer portal" in response.text


@pytest.mark.parametrize("path", ["1", "1.csv", "1/stop"])
def test_a_run_of_another_company_is_not_found(browser_of, olga, world, ana, path):
    browser_of(olga).post(RUNS, {"who": "never"})
    rival = browser_of(world.rita)
    response = rival.post(f"{RUNS}/{path}") if path.endswith("stop") else rival.get(f"{RUNS}/{path}")
    assert response.status_code == 404


def test_the_pages_take_a_few_statements(browser_of, olga, sparkle, ana, statements, work):
    browser = browser_of(olga)
    for n in range(30):
        factories.contact(sparkle, f"Person {n}", f"person{n}@example.com")
    browser.post(RUNS, {"who": "never"})
    work()
    counts = {}
    for path in (f"{RUNS}/1", f"{RUNS}/new?who=everyone"):
        with statements() as seen:
            assert browser.get(path).status_code == 200
        counts[path] = len(seen)
    assert counts == {f"{RUNS}/1": 4, f"{RUNS}/new?who=everyone": 2}


def test_one_mailbox_is_not_flooded_by_its_many_spellings(browser_of, olga, sparkle, ana, session, work, monkeypatch):
    monkeypatch.setattr(invitation_runs, "PAGE", 4)
    for n in range(10):
        factories.contact(sparkle, f"Person {n}", f"dan+{n}@example.com")
    session.commit()
    for _run in range(2):
        browser_of(olga).post(RUNS, {"who": "never"})
        work()
    assert [row.email for row in invitations(session) if row.email.startswith("dan")] == ["dan+0@example.com"]
    assert Counter(outcomes(session).values())["same_mailbox"] >= 9
