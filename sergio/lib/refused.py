"""The exception of business rules."""


class Refused(Exception):
    """A rule of the business forbids this; the message is a sentence for the person who asked."""
