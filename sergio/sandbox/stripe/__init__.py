"""A small stateful Stripe: API, Stripe.js, banks, webhooks, and faults on command."""

from .app import make_sandbox
from .running import running_sandbox
from .sandbox import Entry, Sandbox

__all__ = ["Entry", "Sandbox", "make_sandbox", "running_sandbox"]
