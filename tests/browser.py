"""A browser for page tests: one host, its own cookies, the headers a real one sends, the token its page carries."""

import re

from flask import has_app_context

from sergio.auth.doorkeeper import COOKIES
from sergio.auth.models import SignIn
from sergio.extensions import db
from sergio.lib import clock
from sergio.staff.models import StaffMember

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Browser:
    """`get` and `post` on one company's host; a post carries the CSRF token as a form of ours would."""

    def __init__(self, app, subdomain: str):
        self.app = app
        self.client = app.test_client()
        self.base_url = f"https://{subdomain}.{app.config['SERGIO'].root_domain}/"

    def get(self, path, *, htmx=False, **kwargs):
        return self._open(path, "GET", HTMX if htmx else {}, kwargs)

    def post(self, path, data=None, *, htmx=False, **kwargs):
        data = {"csrf_token": self.csrf_token(), **(data or {})}
        return self._open(path, "POST", {**SAME_ORIGIN, **(HTMX if htmx else {})}, {"data": data, **kwargs})

    def csrf_token(self) -> str:
        """The token of the page any form of this host stands on."""
        path = "/office/sign-in" if self.client.get_cookie(COOKIES["office"], self._host()) else "/portal/sign-in"
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def sign_in(self, person):
        """Be that contact or staff member from now on."""
        audience = "office" if isinstance(person, StaffMember) else "portal"
        kind, person_id = type(person), person.id
        settle()
        with self.app.app_context():
            person = db.session.get_one(kind, person_id)
            row, secret = SignIn.start(person, at=clock.now(), browser="a test", address="127.0.0.1")
            db.session.add(row)
            db.session.commit()
        self.client.set_cookie(COOKIES[audience], secret, domain=self._host(), secure=True)

    def _host(self) -> str:
        return self.base_url.split("/")[2]

    def _open(self, path, method, headers, kwargs):
        settle()
        headers = {**headers, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, base_url=self.base_url, headers=headers, **kwargs)


def settle():
    """Commit what the test arranged and let go of the database: a write transaction of its own would block the app's."""
    if has_app_context():
        db.session.commit()
