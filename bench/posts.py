"""What is posted: each line for wrk.lua is the value of one header, a tab, and a body; no two are the same."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from bench.pages import SIGN_IN, WEBHOOK
from bench.site import COMPANY_HOST, WEBHOOK_SECRET
from tests.faults.program import Client, Web

VARIED = {SIGN_IN: "X-Forwarded-For", WEBHOOK: "Stripe-Signature"}
"""The header whose value each line begins with."""
FASTEST = 4_000
"""Requests a second for which there are lines."""
count = itertools.count(1)


def prepared(kind: str, web: Web, seconds: int) -> tuple[dict[str, str], Iterator[str]]:
    """The headers all requests of that kind share, and enough lines for that many seconds."""
    numbers = itertools.islice(count, FASTEST * seconds)
    if kind == WEBHOOK:
        return {"Content-Type": "application/json"}, (signed_event(n) for n in numbers)
    visitor = Client(web.port, COMPANY_HOST)
    visitor.get("/portal/sign-in")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
        "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
    }
    return headers, (request_for_link(n, visitor.token) for n in numbers)


def request_for_link(n: int, token: str) -> str:
    """Each from a network of its own: the limits of requests are not what is measured."""
    network = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    return f"{network}\t{urlencode({'csrf_token': token, 'email': f'visitor{n}@example.com'})}"


def signed_event(n: int) -> str:
    """An event about an intent that we do not know, signed as Stripe signs."""
    about = {"id": f"pi_bench{n}", "object": "payment_intent"}
    event = {"id": f"evt_bench{n}", "type": "payment_intent.succeeded", "livemode": False, "data": {"object": about}}
    body = json.dumps({**event, "account": "acct_sparkle"})
    now = int(time.time())
    signature = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={now},v1={signature}\t{body}"
