"""Two sign-ups at the same moment: of one link, of one name, of names that look alike; and with the guard removed."""

import threading

import pytest
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.database import locks
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.sign_up import founding
from sergio.sign_up.founding import NewCompany
from sergio.sign_up.models import SignUp
from tests.browser import SAME_ORIGIN

BOTH = 2


@pytest.fixture
def found_both(app, session):
    """`found_both("a", "b")`: two companies with these subdomains at once; "done" or the refusal of each."""

    def run(*subdomains):
        session.commit()
        gate = threading.Barrier(BOTH)
        outcomes = [""] * BOTH

        def one(number):
            with app.app_context():
                gate.wait()
                facts = NewCompany("Bright", subdomains[number], "US", "America/New_York", "USD")
                try:
                    founding.found(facts, owner_name="W", email=f"w{number}@b.example", by=BY_SYSTEM, at=clock.now())
                    db.session.commit()
                    outcomes[number] = "done"
                except Refused as refusal:
                    db.session.rollback()
                    outcomes[number] = str(refusal)
                db.session.remove()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(BOTH)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session.rollback()
        return sorted(outcomes)

    return run


def test_of_two_companies_with_one_name_one_gets_it(found_both, session):
    assert found_both("bright", "bright") == ["done", "“bright” is already taken."]
    assert session.scalars(select(Company.subdomain)).all() == ["bright"]


def test_of_two_names_that_look_alike_one_is_given_out(found_both, session):
    first, second = found_both("room10", "rooml0")
    assert first == "done"
    assert "looks too much like" in second


def test_control_without_the_lock_both_look_alikes_are_given_out(found_both, monkeypatch):
    meeting = threading.Barrier(BOTH, timeout=10)
    take = founding.portal_address.why_not

    def both_look_first(*args, **kwargs):
        found = take(*args, **kwargs)
        db.session.rollback()
        meeting.wait()
        return found

    monkeypatch.setattr(locks, "lock_until_commit", lambda session, key: None)
    monkeypatch.setattr(founding.portal_address, "why_not", both_look_first)
    assert found_both("room10", "rooml0") == ["done", "done"]


@pytest.fixture
def press_at_once(site, session):
    """`press_at_once(link, count)`: so many browsers press the button of one link; the statuses."""

    def press(link, count):
        browsers = [site() for _ in range(count)]
        forms = [{"csrf_token": browser.csrf_token()} for browser in browsers]
        session.commit()
        start = threading.Barrier(count)
        statuses = []

        def one(browser, form):
            start.wait()
            response = browser.client.post(link, base_url=browser.base_url, data=form, headers=SAME_ORIGIN)
            statuses.append(response.status_code)

        threads = [threading.Thread(target=one, args=pair) for pair in zip(browsers, forms, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(statuses)

    return press


def test_of_eight_presses_at_once_one_makes_the_company(site, ask, press_at_once, companies):
    assert press_at_once(ask(site()), 8) == [200] + [410] * 7
    assert companies() == 1


def test_control_a_link_that_is_read_before_it_is_used_makes_two_companies(
    site, ask, press_at_once, companies, monkeypatch
):
    meeting = threading.Barrier(BOTH, timeout=10)

    def use(self, *, by, now):
        assert self.is_valid(now)
        facts = self.facts._replace(subdomain=f"bright-{meeting.wait()}-windows")
        return founding.found(facts, owner_name=self.owner_name, email=self.email, by=by, at=now)

    monkeypatch.setattr(SignUp, "use", use)
    assert press_at_once(ask(site()), BOTH) == [200, 200]
    assert companies() == BOTH
