"""Events and webhooks: signed, retried, repeated, reordered, held, dropped, delayed, listed."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

SECRET = "whsec_test"


@pytest.fixture
def office():
    """What listens for webhooks: it verifies each one, keeps it, and answers with the next of `answers` (or 200)."""

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.heard.append(stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET))
            server.hosts.append(self.headers["Host"])
            self.send_response(server.responses.pop(0) if server.responses else 200)
            self.end_headers()

        def log_message(self, *args):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.heard, server.responses, server.hosts = [], [], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def delivered(sandbox, office):
    """The types heard, once everything sent has arrived."""
    sandbox.deliver_webhooks_to(f"http://127.0.0.1:{office.server_port}/webhooks/stripe", SECRET)

    def types():
        assert sandbox.wait_for_webhooks()
        return [event.type for event in office.heard]

    return types


PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_events_arrive_signed_and_in_order(delivered, pay):
    pay()
    assert delivered() == PAID


def test_an_event_without_a_2xx_is_retried(sandbox, office, delivered, client):
    office.responses = [500, 404]
    client.customers.create({"name": "Ana"})
    assert delivered() == ["customer.created"] * 3
    event = sandbox.events()[0]
    assert [attempt["outcome"] for attempt in sandbox.webhooks.attempts[event["id"]]] == [500, 404, 200]
    assert len({event.id for event in office.heard}) == 1


def test_an_event_is_given_up_after_its_retries(sandbox, client):
    sandbox.deliver_webhooks_to("http://127.0.0.1:9/", SECRET)
    client.customers.create({"name": "Ana"})
    assert sandbox.wait_for_webhooks()
    outcomes = [attempt["outcome"] for attempt in sandbox.webhooks.attempts[sandbox.events()[0]["id"]]]
    assert outcomes == ["ConnectionRefusedError"] * 4


def test_held_events_come_in_any_order(sandbox, delivered, pay):
    sandbox.hold_webhooks()
    pay()
    assert delivered() == []
    sandbox.release_webhooks(reversed)
    assert sorted(delivered()) == sorted(PAID)
    assert delivered() == PAID[::-1]


def test_events_are_repeated_dropped_and_sent_again_on_command(sandbox, delivered, client):
    sandbox.repeat_webhooks(3)
    client.customers.create({"name": "Ana"})
    assert delivered() == ["customer.created"] * 3

    sandbox.repeat_webhooks(1)
    sandbox.drop_webhooks()
    client.customers.create({"name": "Ben"})
    assert len(delivered()) == 3
    sandbox.resend(sandbox.events()[-1]["id"])
    assert len(delivered()) == 4


def test_events_can_be_late(sandbox, delivered, client):
    sandbox.delay_webhooks(0.2)
    started = time.monotonic()
    client.customers.create({"name": "Ana"})
    assert delivered() == ["customer.created"]
    assert time.monotonic() - started >= 0.2


def test_a_subdomain_of_localhost_needs_no_resolver(sandbox, office, client):
    sandbox.deliver_webhooks_to(f"http://sparkle.localhost:{office.server_port}/webhooks/stripe", SECRET)
    client.customers.create({"name": "Ana"})
    assert sandbox.wait_for_webhooks()
    assert office.hosts == [f"sparkle.localhost:{office.server_port}"]


def test_a_test_can_post_events_itself(sandbox, pay):
    pay()
    body, header = sandbox.signed(sandbox.events("payment_intent.succeeded")[0], SECRET)
    event = stripe.Webhook.construct_event(body, header, SECRET)
    assert event.data.object.status == "succeeded"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", header, SECRET)
    old = sandbox.signed(sandbox.events()[0], SECRET, at=time.time() - 600)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(*old, SECRET)


def test_an_event_shows_its_object_as_it_was(sandbox, client, customer):
    client.customers.update(customer.id, {"name": "Ana Gil"})
    assert [event["data"]["object"]["name"] for event in sandbox.events()] == ["Ana Ruiz", "Ana Gil"]


def test_an_event_names_the_request_that_caused_it(sandbox, client):
    client.customers.create({"name": "Ana"}, {"idempotency_key": "attempt-1"})
    assert sandbox.events()[0]["request"]["idempotency_key"] == "attempt-1"


def test_events_can_be_listed(client, pay):
    pay()
    found = client.events.list({"types": ["payment_intent.*"]}).data
    assert [event.type for event in found] == ["payment_intent.succeeded", "payment_intent.created"]
    assert client.events.retrieve(found[0].id).data.object.amount == 2500


def test_events_are_listed_by_type_and_time_a_page_at_a_time_for_thirty_days(sandbox, client, pay):
    for _payment in range(3):
        pay()
    wanted = {"types": ["payment_intent.succeeded", "charge.succeeded"], "limit": 4}
    first = client.events.list(wanted)
    second = client.events.list({**wanted, "starting_after": first.data[-1].id})
    assert ([len(page.data) for page in (first, second)], first.has_more, second.has_more) == ([4, 2], True, False)
    assert len({event.id for event in (*first.data, *second.data)}) == 6
    now = sandbox.now()
    assert client.events.list({"created": {"gte": now - 60, "lt": now + 1}}).data != []
    assert client.events.list({"created": {"gte": now + 1}}).data == []
    sandbox.advance(30 * 86_400 + 60)
    assert client.events.list(wanted).data == []


@pytest.mark.parametrize("wanted", [{"types": ["a"] * 21}, {"types": ["a"], "type": "a"}])
def test_a_list_of_events_names_one_type_or_up_to_twenty(client, wanted):
    with pytest.raises(stripe.InvalidRequestError):
        client.events.list(wanted)


def test_a_connected_accounts_events_are_its_own(sandbox, client, pay):
    account = {"stripe_account": sandbox.connect_account("acct_sparkle")}
    pay(options=account)
    assert [event.type for event in client.events.list({"type": "payment_intent.*"}).data] == []
    (paid,) = client.events.list({"type": "payment_intent.succeeded"}, account).data
    assert paid.account == "acct_sparkle"
