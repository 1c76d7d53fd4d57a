"""What stands between a customer's browser and Stripe in tests: the card form, and the post that brings events."""

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
    """The card form of a pay page, as Stripe.js would work it: it knows what the page says and nothing else."""

    def __init__(self, sandbox, page: str):
        said = dict(re.findall(r'data-(\w+)="([^"]*)"', page))
        self.sandbox = sandbox
        self.key, self.secret, self.account = said["key"], html.unescape(said["secret"]), said["account"]
        self.intent = self.secret.partition("_secret_")[0]
        self.words = json.loads(html.unescape(said["words"]))

    def pay(self, number=GOOD) -> dict:
        """Confirm with that card: the intent, or an error with its code, as Stripe.js gets it."""
        method = self.sandbox.payment_method(number, self.account or None)
        return self._post("confirm", payment_method=method)

    def authenticate(self, outcome="complete") -> dict:
        """Answer the bank's question."""
        return self._post("authentication", outcome=outcome)

    def _post(self, verb, **fields) -> dict:
        fields |= {"key": self.key, "client_secret": self.secret}
        if self.account:
            fields["_stripe_account"] = self.account
        address = urlsplit(self.sandbox.base_url)
        connection = HTTPConnection(address.hostname, address.port, timeout=5)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/v1/payment_intents/{self.intent}/{verb}", urlencode(fields), kind)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer


class Post:
    """Brings events to the webhook, signed, on the site's own host."""

    def __init__(self, app, sandbox):
        self.sandbox = sandbox
        self.client = app.test_client()
        self.base_url = f"https://{app.config['SERGIO'].root_domain}/"
        self.brought = set()

    def bring(self, *events, **stamp):
        """Post these events, whatever was brought before; the statuses answered."""
        return [self.post(*self.sandbox.signed(event, SECRET, **stamp)).status_code for event in events]

    def bring_news(self):
        """Post what has happened at Stripe since the last time."""
        news = [event for event in self.sandbox.events() if event["id"] not in self.brought]
        self.brought |= {event["id"] for event in news}
        return self.bring(*news)

    def post(self, body: bytes, signature: str | None):
        settle()
        headers = {"Stripe-Signature": signature} if signature is not None else {}
        kind = "application/json; charset=utf-8"
        asked = {"data": body, "base_url": self.base_url, "headers": headers, "content_type": kind}
        return Context().run(self.client.post, "/webhooks/stripe", **asked)
