"""The exception of business rules."""


class Refused(Exception):
    """A business rule forbids this; the message is a sentence for the person who made the request."""
