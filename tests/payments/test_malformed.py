"""Signed payloads that are not events we know: a 400, or stored and set aside; never a 500."""

import hashlib
import hmac
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.payments.stripe.events import OF_ACCOUNTS, OF_PAYMENTS, StripeEvent
from sergio.sandbox.stripe.webhooks import signed
from tests.payments.card_form import SECRET
from tests.payments.test_webhook import EVENT

ODD = [
    {**EVENT, "id": {"an": "object"}},
    {**EVENT, "id": ""},
    {**EVENT, "id": "evt_\ud800"},
    {**EVENT, "id": "evt_\0"},
    {**EVENT, "id": "evt_" + "x" * 500},
    {**EVENT, "type": ["payment_intent.succeeded"]},
    {**EVENT, "type": "x" * 500},
    {**EVENT, "type": None},
    {**EVENT, "account": 7},
    {**EVENT, "account": "acct_" + "x" * 500},
    {**EVENT, "account": "acct/../../v1"},
    {**EVENT, "account": "acct\0"},
    {**EVENT, "livemode": "false"},
    {**EVENT, "livemode": 0},
    {name: value for name, value in EVENT.items() if name != "livemode"},
    {name: value for name, value in EVENT.items() if name != "data"},
    {**EVENT, "data": []},
    {**EVENT, "data": {}},
    {**EVENT, "data": {"object": "pi_1"}},
    {**EVENT, "data": {"object": {"object": "payment_intent", "id": ["pi_1"]}}},
    {**EVENT, "data": {"object": {"object": "payment_intent", "id": "pi_1/../x"}}},
    {**EVENT, "data": {"object": {"object": "charge", "payment_intent": {"id": "pi_1"}}}},
    {**EVENT, "data": {"object": {"object": "charge", "payment_intent": 10**400}}},
    None, 1, "text", True, [], [EVENT],
]  # fmt: skip


@pytest.fixture
def status_of(webhooks):
    """`status_of(body)`: the webhook's response status for a body, signed as Stripe does."""

    def ask(body: bytes) -> int:
        stamp = str(int(time.time()))
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return webhooks.post(body, f"t={stamp},v1={digest}").status_code

    return ask


@pytest.mark.parametrize("payload", ODD)
def test_json_that_is_not_an_event_is_refused(status_of, payload, sandbox):
    assert status_of(json.dumps(payload).encode()) == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"nonsense",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id": ' + b"1" * 5_000 + b"}",
        b'{"id": 1e999999}',
        b'{"id": NaN}',
    ],
)
def test_invalid_json_is_refused(status_of, body, sandbox):
    assert status_of(body) == 400


@pytest.mark.parametrize("stamp", ["9" * 400, "9" * 5_000, "0" * 5_000])
def test_an_invalid_timestamp_is_refused(webhooks, stamp):
    assert webhooks.post(b"{}", f"t={stamp},v1=00").status_code == 400


TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["pi_1", "evt_1", "acct_1", "payment_intent", "\0", "\ud800", ""])
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), TEXTS)
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("object", "id", "payment_intent"), SHAPES))
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.just("evt_1"), SHAPES),
        "type": st.one_of(st.sampled_from([*OF_PAYMENTS, *OF_ACCOUNTS, "other"]), SHAPES),
        "livemode": st.one_of(st.booleans(), SHAPES),
        "account": st.one_of(st.none(), st.just("acct_sparkle"), SHAPES),
        "data": st.one_of(st.fixed_dictionaries({"object": st.one_of(OBJECTS, SHAPES)}), SHAPES),
    },
)


def test_no_signed_payload_causes_a_500(status_of, sandbox, sparkle, work):
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(EVENTS, SHAPES))
    def any_shape(payload):
        assert status_of(json.dumps(payload).encode()) in (200, 400)

    any_shape()
    work()


def test_a_stored_event_about_nothing_is_set_aside(webhooks, work, sandbox, session, sparkle):
    from sergio.extensions import db

    strange = {**EVENT, "account": "acct_sparkle", "data": {"object": {"object": "payment_intent", "id": "pi_nothing"}}}
    body, signature = signed(strange, SECRET)
    assert webhooks.post(body, signature).status_code == 200
    work()
    assert session.scalars(db.select(StripeEvent.set_aside)).all() == ["missing"]
