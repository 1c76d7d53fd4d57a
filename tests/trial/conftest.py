"""The Stripe sandbox, for payments of the test customer."""

from tests.payments.conftest import card_form, receive_events, running, sandbox, webhooks  # noqa: F401 - fixtures
