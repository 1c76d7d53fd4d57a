"""The Flask application class: cookies of a session that outlive the browser window, and forms that come back."""

from datetime import datetime

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from sergio.lib import clock
from sergio.web import stale


class LastingSessions(SecureCookieSessionInterface):
    """A session's cookie lasts `PERMANENT_SESSION_LIFETIME` from each time it is set."""

    def get_expiration_time(self, app, session) -> datetime:
        return clock.now() + app.permanent_session_lifetime


class App(Flask):
    """Flask, with one more question before a view may run: whether its page's CSRF token was good."""

    session_interface = LastingSessions()

    def dispatch_request(self):
        return stale.answer() or super().dispatch_request()
