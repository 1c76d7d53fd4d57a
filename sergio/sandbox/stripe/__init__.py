"""A small stateful Stripe: API, Stripe.js, banks, webhooks, and faults on command."""

from sergio.sandbox.stripe.app import make_sandbox
from sergio.sandbox.stripe.running import running_sandbox
from sergio.sandbox.stripe.sandbox import Entry, Sandbox

__all__ = ["Entry", "Sandbox", "make_sandbox", "running_sandbox"]
