"""What can go wrong when Stripe's API is called."""

from sergio import jobs


class Unavailable(jobs.CutShort):
    """No response, or none that can be read: try again later, with a new idempotency key if `key_is_spent`. Unless
    `nothing_done`, Stripe may have done what was asked.
    """

    def __init__(self, message: str, *, key_is_spent: bool = False, nothing_done: bool = False):
        super().__init__(message)
        self.key_is_spent = key_is_spent
        self.nothing_done = nothing_done


class Unanswered(Unavailable):
    """No response to a charge that was sent, so it may have been made."""


class Rejected(Exception):
    """Stripe refused, and a retry will not help; `code` is Stripe's."""

    def __init__(self, code: str | None, message: str | None):
        super().__init__(f"{code}: {message}")
        self.code = code


class Declined(Rejected):
    """A bank declined a card that we charged; `code` is the bank's own where Stripe has it."""


class Gone(Rejected):
    """The object does not exist."""


class NoAccess(Gone):
    """We may not act on the connected account: it is closed, or its owner revoked our access, or (403 without a code)
    our key may not do this there. Whether it may charge has to be checked.
    """
