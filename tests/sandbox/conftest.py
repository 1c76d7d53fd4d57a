"""A running sandbox, and a Stripe client that checks every response against the SDK's own types."""

import json
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
import stripe
from stripe._object_classes import get_object_class

from sergio.sandbox.mailbox import running_mailbox
from sergio.sandbox.stripe import running_sandbox
from sergio.sandbox.stripe.contract import check_object


class CheckedConnection(stripe.RequestsClient):
    """The SDK's own connection; a response that does not match the SDK's types fails the test."""

    def request(self, method, url, headers, post_data=None):
        content, status, replied = super().request(method, url, headers, post_data)
        for found in objects_in(content) if status == 200 else []:
            assert check_object(get_object_class("V1", found["object"]), found) == []
        return content, status, replied


def objects_in(content):
    try:
        response = json.loads(content)
    except json.JSONDecodeError:
        return []
    return response["data"] if response["object"] == "list" else [] if response.get("deleted") else [response]


@pytest.fixture(scope="session")
def running():
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


@pytest.fixture
def client_of(sandbox):
    """A client with so many retries, and any of the SDK's other settings."""
    connection = CheckedConnection(timeout=5)

    def make(retries=0, key="sk_test_1", **settings):
        return stripe.StripeClient(
            key,
            base_addresses={"api": sandbox.base_url},
            max_network_retries=retries,
            http_client=settings.pop("http_client", connection),
            **settings,
        ).v1

    yield make
    connection.close()


@pytest.fixture
def client(client_of):
    return client_of()


@pytest.fixture
def customer(client):
    return client.customers.create({"name": "Ana Ruiz", "email": "ana@example.com"})


@pytest.fixture
def pay(client):
    """A payment intent confirmed at once; the parameters are those of payment_intents.create."""

    def make(amount=2500, payment_method="pm_card_visa", *, options=None, **params):
        request = {"amount": amount, "currency": "usd", "payment_method": payment_method, "confirm": True}
        kinds = {"allowed_payment_method_types": ["card", "us_bank_account"]}
        return client.payment_intents.create({**request, **kinds, **params}, options)

    return make


@pytest.fixture
def open_page():
    """Get a page, or post a form to it, without following redirects: the status, the text and the headers."""

    def open_url(url, authorization="", **form):
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname, parts.port, timeout=5)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization}
        method = "POST" if form else "GET"
        connection.request(method, f"{parts.path}?{parts.query}", urlencode(form), headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text, response.headers

    return open_url


@pytest.fixture
def mailbox(tmp_path):
    with running_mailbox(tmp_path / "mail") as mailbox:
        yield mailbox
