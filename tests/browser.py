"""A browser for page tests: one host, its own cookies, the headers a real one sends, the token its page carries."""

import re
from contextvars import Context
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import has_app_context
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.sessions import COOKIES
from sergio.extensions import db
from sergio.jobs import worker
from sergio.jobs.claims import Claim
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.staff.models import StaffMember

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Browser:
    """`get` and `post` on one company's host; a post has the CSRF token, as a form of ours does."""

    def __init__(self, app, subdomain: str):
        self.app = app
        self.client = app.test_client()
        self.base_url = f"https://{subdomain}.{app.config['SERGIO'].root_domain}/"

    def get(self, path, *, htmx=False, **kwargs):
        return self._open(path, "GET", HTMX if htmx else {}, kwargs)

    def post(self, path, data=None, *, htmx=False, **kwargs):
        data = {"csrf_token": self.csrf_token(), **(data or {})}
        return self._open(path, "POST", {**SAME_ORIGIN, **(HTMX if htmx else {})}, {"data": data, **kwargs})

    def pages(self, path) -> list[str]:
        """The text of every page of a list, from the first."""
        page = self.get(path)
        assert page.status_code == 200
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        return [page.text, *(self.pages(unescape(following[1])) if following else [])]

    def csrf_token(self) -> str:
        """The CSRF token of every page of this host, read from a page that is not found, and that no preview shows."""
        found = re.search(r'"X-CSRFToken": "([^"]+)"', self.get("/office/sign-in/none").text)
        return found[1] if found else ""

    def sign_in(self, person):
        """Sign in as that contact or staff member: request the link, read the email, open the link."""
        door = door_of(person)
        self.post(f"/{door}/sign-in", {"email": person.email})
        response = self.get(read_email(self.app).link)
        assert response.location == f"/{door}/", response.status

    def be(self, person):
        """Sign in as that person by a cookie alone, for tests that need more sign-ins than the limits allow."""
        kind = type(person)
        person_id = person.id
        settle()
        with self.app.app_context():
            person = db.session.get_one(kind, person_id)
            by = BY_SYSTEM._replace(ip_address="127.0.0.1")
            row, secret = SignIn.start(person, browser="a test", by=by, now=clock.now())
            db.session.add(row)
            db.session.commit()
        self.client.set_cookie(COOKIES[door_of(person)], secret, domain=self.host, secure=True)

    @property
    def host(self) -> str:
        return self.base_url.split("/")[2]

    def cookie(self, name: str) -> str | None:
        """The value of a cookie, if there is one."""
        kept = self.client.get_cookie(name, self.host)
        return kept.value if kept else None

    def _open(self, path, method, headers, kwargs):
        settle()
        headers = {**headers, **kwargs.pop("headers", {})}
        # A context of its own: inside the test's, Flask would lend the request the test's `g` and session.
        return Context().run(self.client.open, path, method=method, base_url=self.base_url, headers=headers, **kwargs)


def door_of(person) -> str:
    return "office" if isinstance(person, StaffMember) else "portal"


class SignInEmail(NamedTuple):
    """The path of the link in a sign-in email, and its code."""

    link: str
    code: str


def read_email(app) -> SignInEmail:
    """The sign-in email that was requested last: composed, read, and deleted without delivery.

    So no other email or job of a test is processed, and `outbox` and `work` do not see this one.
    """
    with app.app_context():
        worker.run(taken(newest(Job, name="auth.send_link")))
        message, delivery = newest(OutgoingEmail), newest(Job, name="outbox.deliver")
        link = re.search(r"https://\S+/sign-in/\S+|$", message.text)[0]  # a new customer gets only a code
        code = re.search(r"^\w{4}-\w{4}$", message.text, re.MULTILINE)[0]
        db.session.delete(message)
        db.session.delete(delivery)
        db.session.commit()
    return SignInEmail(urlsplit(link).path, code)


def taken(job: Job) -> Claim:
    """A claim of one job, whatever else is due."""
    job.lease, job.attempts = "a test", job.attempts + 1
    db.session.commit()
    return Claim(job.id, job.lease, job.name, job.args, job.company_id, job.attempts)


def newest(kind, **facts):
    """The newest row of a kind."""
    return db.session.scalars(select(kind).filter_by(**facts).order_by(kind.id.desc())).first()


def settle():
    """Commit what the test arranged, because its write transaction would block the app."""
    if has_app_context():
        db.session.commit()
