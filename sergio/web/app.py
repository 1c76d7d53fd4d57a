"""The Flask application class: session cookies that outlive the browser window, and forms with an old CSRF token."""

from datetime import datetime
from functools import cache

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from sergio.lib import clock
from sergio.web import csrf, revalidation
from sergio.web.formats import Environment
from sergio.web.routing import LateRule


class LastingSessions(SecureCookieSessionInterface):
    """A session's cookie lasts `PERMANENT_SESSION_LIFETIME` from each time it is set."""

    get_signing_serializer = cache(SecureCookieSessionInterface.get_signing_serializer)  # made twice a request else

    def save_session(self, app, session, response):
        """Nothing to save for most requests (`SESSION_REFRESH_EACH_REQUEST` is off); Flask would first collect all
        attributes of the cookie.
        """
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")

    def get_expiration_time(self, app, session) -> datetime:
        return clock.now() + app.permanent_session_lifetime


class App(Flask):
    """Flask, but a request with an old CSRF token reaches its view only if that shows the form again."""

    session_interface = LastingSessions()
    jinja_environment = Environment
    url_rule_class = LateRule

    def ensure_sync(self, func):
        """The function itself: none of ours is async, and Flask would ask again at every call."""
        return func

    def process_response(self, response):
        return revalidation.add_tag(super().process_response(response))

    def dispatch_request(self):
        return csrf.csrf_response() or super().dispatch_request()
