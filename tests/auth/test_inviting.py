"""Inviting a contact to the portal: what the office sees and may do, in each state of the contact."""

import re
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import delete, select

from sergio import jobs
from sergio.audit.models import AuditEntry
from sergio.auth import invitations as module
from sergio.auth.formats import refusal_sentence
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import MagicLink
from sergio.companies.models import FREE
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.trial import creation
from tests import factories
from tests.auth.invited import access, invitations, invite, link_in, newest_email
from tests.factories import by

NOT_INVITED, INVITED, ACTIVE, BOUNCED = "Not invited", ">Invited<", ">Active<", "Email bounced"


def actions(session) -> list[tuple]:
    session.rollback()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "contact").order_by(AuditEntry.id))
    return [(entry.action, entry.actor_name) for entry in entries]


def test_an_invitation_is_an_email_with_a_link_what_to_do_and_how_to_reach_the_company(
    browser_of, olga, ana, session, outbox
):
    browser = browser_of(olga)
    assert NOT_INVITED in access(browser, ana)
    response = invite(browser, ana, follow_redirects=True)
    assert "We emailed an invitation to ana@example.com." in response.text
    [message] = outbox.emails
    assert (message.to, message.subject) == ("ana@example.com", "Your customer portal at Sparkle Cleaning")
    for words in (
        "Hello Ana,",
        "Review and accept quotes",
        "You don't need a password",
        "https://sparkle.sergio.test/portal/invitation/",
        "(207) 555-0100",
        "hello@sparkle.example",
        "12 Harbor Street",
    ):
        assert words in message.text
    assert message.text.count("/portal/invitation/") == message.html.count("/portal/invitation/") == 1
    assert message.customer_id == ana.customer_id
    assert actions(session) == [("invited_to_portal", "Olga Petrova")]


def test_the_email_names_only_what_customers_see(browser_of, olga, ana, sparkle, outbox):
    sparkle.shows_quotes = sparkle.shows_history = sparkle.charges_enabled = sparkle.booking_open = False
    invite(browser_of(olga), ana)
    text = outbox.emails[0].text
    assert "quotes" not in text
    assert "past work" not in text
    for words in ("- View invoices", "- See appointments"):
        assert words in text


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        ("billing", ["View and pay invoices"]),
        ("read", ["See quotes", "View invoices", "See appointments", "Look up past work"]),
    ],
)
def test_the_email_names_only_what_the_contacts_role_includes(browser_of, olga, ana, outbox, role, lines):
    ana.role = role
    invite(browser_of(olga), ana)
    assert re.findall(r"^- (.+)$", outbox.emails[0].text, re.MULTILINE) == lines


def test_the_token_is_kept_nowhere_once_the_email_is_sent(browser_of, olga, ana, session, work):
    invite(browser_of(olga), ana)
    token = link_in(newest_email(session)).rpartition("/")[2]
    work()
    assert newest_email(session).text == newest_email(session).html == ""
    [row] = invitations(session)
    assert token not in repr(vars(row))


def test_the_office_sees_when_by_whom_and_until_when(browser_of, olga, ana, work):
    browser = browser_of(olga)
    with time_machine.travel("2026-11-23 14:00Z", tick=False):
        invite(browser, ana)
        assert "Invited Nov 23, 2026 by Olga Petrova. The email hasn&#39;t been sent yet." in access(browser, ana)
        work()
        page = access(browser, ana)
        assert INVITED in page
        assert "Invited Nov 23, 2026 by Olga Petrova, valid until Dec 23, 2026" in page
        assert "Send again" in page


def test_an_expired_invitation_says_so(browser_of, olga, ana):
    with time_machine.travel(clock.now() - timedelta(days=30, minutes=1)):
        invite(browser_of(olga), ana)
    page = access(browser_of(olga), ana)
    assert "Invitation expired" in page
    assert "Send again" in page


def test_who_has_signed_in_is_active_and_gets_a_sign_in_link_instead(browser_of, olga, ana, session):
    browser_of(ana).get("/portal/")
    browser = browser_of(olga)
    page = access(browser, ana)
    assert ACTIVE in page
    assert "Last used the portal" in page
    assert "Send portal invite" not in page
    refused = invite(browser, ana, follow_redirects=True)
    assert "Ana Ruiz already uses the portal. Send a sign-in link instead." in refused.text
    assert invitations(session) == []

    sent = browser.post(f"/office/customers/1/contacts/{ana.id}/sign-in-link", follow_redirects=True)
    assert "We emailed a sign-in link to ana@example.com." in sent.text
    session.rollback()
    assert session.scalars(select(MagicLink).order_by(MagicLink.id.desc())).first().email == "ana@example.com"
    assert actions(session)[-1] == ("sent_sign_in_link", "Olga Petrova")


def test_who_was_active_stays_so_after_the_sign_in_is_over(browser_of, olga, ana, session, work):
    browser_of(ana).post("/portal/sign-out")
    with time_machine.travel(clock.now() + timedelta(days=300)):
        jobs.enqueue("auth.delete_expired")
        work()
        assert ACTIVE in access(browser_of(olga), ana)


def test_sign_in_links_of_the_office_count_like_any_other(browser_of, olga, ana, session):
    browser = browser_of(olga)
    path = f"/office/customers/1/contacts/{ana.id}/sign-in-link"
    pages = [browser.post(path, follow_redirects=True).text for _ in range(4)]
    assert ["We emailed a sign-in link" in page for page in pages] == [True, True, True, False]
    assert "Several sign-in emails were already sent to ana@example.com. Try again in 15 minutes." in pages[3]


def test_a_bounced_email_says_why_and_what_to_do(browser_of, olga, ana, session):
    browser = browser_of(olga)
    invite(browser, ana)
    newest_email(session).mark_refused("550 5.1.1 No such user here", clock.now())
    session.commit()
    page = access(browser, ana)
    assert BOUNCED in page
    assert "This email address doesn&#39;t exist. Correct it, then invite them again." in page
    ana.email = "ana.ruiz@example.com"
    session.commit()
    assert NOT_INVITED in access(browser, ana)
    invite(browser, ana, instead_of=invitations(session)[0].id)
    assert newest_email(session).to == "ana.ruiz@example.com"
    assert INVITED in access(browser, ana)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("550 5.1.1 <ana@example.com>: Recipient address rejected", "doesn't exist"),
        ("550 No such user here", "doesn't exist"),
        ("552 5.2.2 Over quota", "mailbox is full"),
        ("452 Mailbox full", "mailbox is full"),
        ("550 5.2.1 The account is disabled", "doesn't exist"),
        ("550 5.7.1 Blocked as spam", "doesn't accept our email"),
        ("554 Transaction failed", "refused the email"),
        ("This is not a valid email address.", "This is not a valid email address."),
        ("", ""),
    ],
)
def test_a_refusal_is_told_in_plain_words(refusal, words):
    sentence = refusal_sentence(refusal)
    assert words in sentence
    assert not any(char.isdigit() for char in sentence)


def test_without_an_email_address_the_office_learns_what_to_do(browser_of, olga, ana, session):
    ana.email = ""
    browser = browser_of(olga)
    page = access(browser, ana)
    assert "Can&#39;t be invited without an email address." in page
    assert "Add an email address" in page
    refused = invite(browser, ana, follow_redirects=True)
    assert "Ana Ruiz has no email address. Add one, then try again." in refused.text
    assert invitations(session) == []


def test_an_archived_customer_is_restored_first(browser_of, olga, ana, session):
    browser = browser_of(olga)
    browser.post("/office/customers/1/archive")
    page = access(browser, ana)
    assert "This customer is archived. Restore them to send invitations." in page
    assert "Send portal invite" not in page
    assert "Ana Ruiz" not in browser.get("/office/customers/invitations").text
    refused = invite(browser, ana, follow_redirects=True)
    assert "Ana Ruiz is archived. Restore the customer first." in refused.text
    assert invitations(session) == []


def test_a_contact_who_left_cannot_be_invited(browser_of, olga, ana, session):
    ana.left_at = clock.now()
    browser = browser_of(olga)
    assert "Ana Ruiz" not in access(browser, ana).partition('id="portal_access"')[2]
    refused = invite(browser, ana, follow_redirects=True)
    assert "Ana Ruiz is no longer a contact of Ana Ruiz." in refused.text
    assert invitations(session) == []


def test_a_plan_without_a_portal_has_no_button_and_says_why(browser_of, olga, ana, sparkle, session):
    sparkle.plan = FREE
    browser = browser_of(olga)
    page = access(browser, ana)
    assert "Your plan doesn't include the customer portal" in page
    assert "Upgrade to Starter" in page
    assert "Send portal invite" not in page
    refused = invite(browser, ana, follow_redirects=True)
    assert "Your plan doesn&#39;t include the customer portal." in refused.text
    assert invitations(session) == []


def test_a_new_invitation_takes_the_place_of_the_one_before(browser_of, olga, ana, session, visitor, sparkle):
    browser = browser_of(olga)
    invite(browser, ana)
    first = link_in(newest_email(session))
    invite(browser, ana, instead_of=invitations(session)[0].id)
    second = link_in(newest_email(session))
    assert [row.revoked_at is None for row in invitations(session)] == [False, True]
    assert visitor(sparkle).get(first).status_code == 303
    assert visitor(sparkle).get(second).status_code == 200


def test_a_page_that_is_out_of_date_sends_no_second_email(browser_of, olga, nora, ana, session):
    invite(browser_of(olga), ana)
    late = invite(browser_of(nora), ana, follow_redirects=True)
    assert "Ana Ruiz was just invited by Olga Petrova." in late.text
    assert len(invitations(session)) == 1


def test_two_staff_members_press_at_once_and_one_email_is_sent(browser_of, olga, nora, ana, session, all_at_once):
    browsers = [browser_of(olga), browser_of(nora), browser_of(olga)]
    path = f"/office/customers/1/contacts/{ana.id}/invitation"
    responses = all_at_once(browsers, path, {"instead_of": 0})
    assert {response.status_code for response in responses} == {303}
    assert len(invitations(session)) == 1
    assert len(session.scalars(select(Job).where(Job.name == "outbox.deliver")).all()) == 1


def test_control_without_the_lock_both_would_send(browser_of, olga, nora, ana, session, all_at_once, monkeypatch):
    """Neither the lock nor the check alone, but the unique index still allows only one."""
    monkeypatch.setattr(module, "lock", lambda contact: None)
    path = f"/office/customers/1/contacts/{ana.id}/invitation"
    all_at_once([browser_of(olga), browser_of(nora)], path, {"instead_of": 0})
    assert len([row for row in invitations(session) if row.revoked_at is None]) == 1


@pytest.fixture
def unindexed(session):
    """Without the unique index of current invitations."""
    [index] = [each for each in PortalInvitation.__table__.indexes if each.name == "uq_portal_invitation_current"]
    session.commit()
    index.drop(db.engine)
    yield
    session.rollback()
    session.execute(delete(PortalInvitation).execution_options(**EVERY_COMPANY))
    session.commit()
    index.create(db.engine)


def test_control_without_the_lock_and_the_index_both_send(
    browser_of, olga, nora, ana, session, all_at_once, monkeypatch, unindexed
):
    asked = Barrier(2, timeout=20)

    def never_signed_in(contact):
        asked.wait()
        return False

    monkeypatch.setattr(module, "lock", lambda contact: None)
    monkeypatch.setattr(module, "has_signed_in", never_signed_in)
    path = f"/office/customers/1/contacts/{ana.id}/invitation"
    all_at_once([browser_of(olga), browser_of(nora)], path, {"instead_of": 0})
    assert len([row for row in invitations(session) if row.revoked_at is None]) == 2


def test_a_mailbox_gets_three_invitations_a_day(browser_of, olga, ana, session):
    browser = browser_of(olga)
    statuses = []
    for _ in range(4):
        rows = invitations(session)
        statuses.append(invite(browser, ana, instead_of=rows[-1].id if rows else 0).status_code)
    assert statuses == [303, 303, 303, 429]
    assert len(invitations(session)) == 3


def test_revoking_is_audited_and_may_be_pressed_twice(browser_of, olga, ana, session):
    browser = browser_of(olga)
    invite(browser, ana)
    path = f"/office/customers/1/contacts/{ana.id}/revocation"
    for _ in range(2):
        assert "The invitation of Ana Ruiz no longer works." in browser.post(path, follow_redirects=True).text
    assert NOT_INVITED in access(browser, ana)
    assert actions(session) == [("invited_to_portal", "Olga Petrova"), ("revoked_invitation", "Olga Petrova")]


@pytest.mark.parametrize("verb", ["invitation", "revocation", "sign-in-link"])
def test_a_contact_of_another_customer_or_company_is_not_found(browser_of, olga, world, ana, ben, cleo, session, verb):
    browser = browser_of(olga)
    paths = [(1, ben.id), (2, ana.id), (1, cleo.id), (1, 999_999), (99, ana.id)]
    for number, contact in paths:
        assert browser.post(f"/office/customers/{number}/contacts/{contact}/{verb}").status_code == 404
    assert browser_of(world.rita).post(f"/office/customers/1/contacts/{ana.id}/{verb}").status_code == 404
    assert invitations(session) == []


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, None])
def test_a_form_made_by_hand_sends_one_invitation_and_no_second(browser_of, olga, ana, session, seen):
    browser = browser_of(olga)
    for _ in range(2):
        assert invite(browser, ana, instead_of=seen).status_code == 303
    assert len(invitations(session)) == 1


def test_hostile_names_are_text_in_the_email_and_on_the_page(browser_of, olga, ana, sparkle, session):
    ana.name = "<b>Eve</b>\r\nBcc: x@y.example"
    sparkle.name = "Spark & <i>Le</i>"
    browser = browser_of(olga)
    invite(browser, ana)
    email = newest_email(session)
    assert "<b>Eve" not in email.html
    assert "<i>Le" not in email.html
    assert "\n" not in email.subject
    assert "<b>Eve" not in access(browser, ana)


def test_the_block_and_the_list_take_two_statements(browser_of, olga, ana, sparkle, statements):
    browser = browser_of(olga)
    for path in ("/office/customers/1/portal-access", "/office/customers/invitations"):
        counts = []
        for more in (1, 25):
            for n in range(more):
                factories.contact(sparkle, f"Customer {more} {n}", f"{path[-6:]}{more}-{n}@example.com")
            with statements() as seen:
                assert browser.get(path).status_code == 200
            counts.append(len(seen))
        assert counts == ([2, 2] if path.endswith("access") else [3, 3])


def test_the_list_shows_each_state_under_its_tab(browser_of, olga, ana, ben, sparkle, session):
    nobody = factories.contact(sparkle, "No Body", "")
    broken = factories.contact(sparkle, "Bo Unced", "bo@example.com")
    new = factories.contact(sparkle, "Ne Wcomer", "new@example.com")
    now = clock.now()
    PortalInvitation.send(ben, instead_of=0, by=by(olga), at=now)
    PortalInvitation.send(broken, instead_of=0, by=by(olga), at=now)
    newest = session.scalars(select(PortalInvitation).where(PortalInvitation.contact_id == broken.id)).one()
    session.commit()
    email = newest_email(session)
    assert email.message_id == newest.message_id
    email.mark_refused("550 5.1.1 no", now)
    session.commit()
    browser_of(ana)
    browser = browser_of(olga)
    tabs = {"none": new, "invited": ben, "active": ana, "bounced": broken, "no_email": nobody}
    names = {person.name for person in tabs.values()}
    for tab, person in tabs.items():
        page = browser.get(f"/office/customers/invitations?show={tab}").text
        assert {name for name in names if name in page} == {person.name}, tab
    everyone = browser.get("/office/customers/invitations?show=nonsense").text
    assert all(name in everyone for name in names)


def test_the_pages_of_the_list_are_the_whole_list(browser_of, olga, sparkle, ana, ben):
    for n in range(43):
        factories.contact(sparkle, f"Twin {n:02}", f"twin{n}@example.com")
    pages = browser_of(olga).pages("/office/customers/invitations?show=none")
    found = [name for page in pages for name in names_in(page)]
    assert len(pages) == 3
    assert len(found) == len(set(found)) == 45


def names_in(page: str) -> list[str]:
    return re.findall(r"Select ([^<]+)</span>", page)


def test_test_customers_and_those_of_rivals_are_not_listed(browser_of, olga, ana, cleo, session):
    creation.create(olga, by=by(olga), now=clock.now())
    page = browser_of(olga).get("/office/customers/invitations").text
    assert "Cleo" not in page
    assert names_in(page) == ["Ana Ruiz"] or "Olga" not in "".join(names_in(page))


def test_the_block_that_the_page_loads_leaves_its_messages_alone(browser_of, olga, ana):
    browser = browser_of(olga)
    invite(browser, ana)
    loaded = browser.get("/office/customers/1/portal-access", htmx=True).text
    assert loaded.lstrip().startswith('<div id="portal_access"')
    assert 'id="flashes"' not in loaded
    assert "We emailed an invitation to ana@example.com." in browser.get("/office/customers/1").text


def test_the_customers_page_loads_the_block_and_links_to_it_without_script(browser_of, olga, theo, ana):
    page = browser_of(olga).get("/office/customers/1").text
    assert 'hx-get="/office/customers/1/portal-access"' in page
    assert 'href="/office/customers/1/portal-access"' in page
