"""Fixtures of the sign-up: a browser on the site itself, the form, and its email."""

import re

import pytest
from sqlalchemy import func, select

from sergio.companies.models import Company
from sergio.sandbox.mailbox import running_mailbox
from sergio.sign_up.models import SignUp
from tests.browser import Browser

FORM = {
    "name": "Bright Windows",
    "subdomain": "bright-windows",
    "owner_name": "Wanda Bright",
    "email": "wanda@bright.example",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
}


class Site(Browser):
    """A browser on the site itself, which belongs to no company."""

    def __init__(self, app):
        super().__init__(app, "none")
        self.base_url = f"https://{app.config['SERGIO'].root_domain}/"


@pytest.fixture
def site(app):
    """`site()`: a new browser on the site itself."""
    return lambda: Site(app)


@pytest.fixture
def ask(app, session):
    """`ask(browser, email="…")`: sign up; returns the path of the link that the email will have."""

    def sign_up(browser, **other):
        response = browser.post("/sign-up", {**FORM, **other})
        assert (response.status_code, response.location) == (303, "/sign-up/sent"), response.text
        session.rollback()
        row = session.scalars(select(SignUp).order_by(SignUp.id.desc())).first()
        return f"/sign-up/{row.token(app.config['SECRET_KEY'])}"

    return sign_up


@pytest.fixture
def companies(session):
    """`companies()`: how many there are."""

    def count():
        session.rollback()
        return session.scalar(select(func.count()).select_from(Company))

    return count


@pytest.fixture
def mailbox(app, tmp_path, monkeypatch):
    """A mail server that stores emails."""
    with running_mailbox(tmp_path / "mail") as mailbox:
        post = app.extensions["mail"]
        for name, value in {"suppress": False, "server": mailbox.host, "port": mailbox.port}.items():
            monkeypatch.setattr(post, name, value)
        yield mailbox


def hand_over_in(response) -> str:
    """The URL to which the page of a finished sign-up sends the browser."""
    return re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', response.text)[1]
