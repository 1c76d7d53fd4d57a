"""Whether the code that runs may have effects: writing to the database, sending an email, calling Stripe.

A preview of the portal may have none. Whoever is about to have one asks `require` first.
"""

from contextvars import ContextVar

refused: ContextVar[bool] = ContextVar("effects refused", default=False)
"""Set anew at the beginning of each request, since threads serve one request after the other."""


class EffectRefused(Exception):
    """Code that may have no effects tried to have one."""


def require(effect: str):
    """Raise `EffectRefused` where effects are refused; `effect` completes "A preview may not …"."""
    if refused.get():
        raise EffectRefused(f"A preview may not {effect}.")
