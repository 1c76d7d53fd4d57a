"""Test stand-ins for the browser's card form, and for Stripe's delivery of events."""

import html
import json
import re
from contextvars import Context
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from tests.browser import settle

GOOD, EMPTY, SECURE = "4242424242424242", "4000000000009995", "4000002760003184"
SECRET = "whsec_sergio"


class CardForm:
    """The card form of a pay page, used as by Stripe.js: it knows only the page."""

    def __init__(self, sandbox, page: str):
        data = dict(re.findall(r'data-(\w+)="([^"]*)"', page))
        self.sandbox = sandbox
        self.key = data["key"]
        self.secret = html.unescape(data["secret"])
        self.account = data["account"]
        self.intent = self.secret.partition("_secret_")[0]
        self.words = json.loads(html.unescape(data["words"]))

    def pay(self, number=GOOD) -> dict:
        """Confirm with that card: the intent, or an error with its code, as Stripe.js gets it."""
        method = self.sandbox.payment_method(number, self.account or None)
        return self._post("confirm", payment_method=method)

    def authenticate(self, outcome="complete") -> dict:
        """Finish 3D Secure."""
        return self._post("authentication", outcome=outcome)

    def _post(self, verb, **fields) -> dict:
        fields |= {"key": self.key, "client_secret": self.secret}
        if self.account:
            fields["_stripe_account"] = self.account
        url = urlsplit(self.sandbox.base_url)
        connection = HTTPConnection(url.hostname, url.port, timeout=5)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        kept = "setup" if self.intent.startswith("seti_") else "payment"
        connection.request("POST", f"/v1/{kept}_intents/{self.intent}/{verb}", urlencode(fields), kind)
        response = json.loads(connection.getresponse().read())
        connection.close()
        return response


class Webhooks:
    """Posts signed events to the webhook, on the site's own host."""

    def __init__(self, app, sandbox):
        self.sandbox = sandbox
        self.client = app.test_client()
        self.base_url = f"https://{app.config['SERGIO'].root_domain}/"
        self.sent_ids = set()

    def send(self, *events, **stamp):
        """Post these events, even if they were sent before; return the response statuses."""
        return [self.post(*self.sandbox.signed(event, SECRET, **stamp)).status_code for event in events]

    def send_new(self):
        """Post the events of Stripe since the last time."""
        new = [event for event in self.sandbox.events() if event["id"] not in self.sent_ids]
        self.sent_ids |= {event["id"] for event in new}
        return self.send(*new)

    def post(self, body: bytes, signature: str | None):
        settle()
        headers = {"Stripe-Signature": signature} if signature is not None else {}
        kind = "application/json; charset=utf-8"
        request = {"data": body, "base_url": self.base_url, "headers": headers, "content_type": kind}
        return Context().run(self.client.post, "/webhooks/stripe", **request)
