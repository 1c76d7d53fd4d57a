"""Letters leave only after commit: a letter is a row, written with what it reports."""

from sergio.outbox.compose import send, to_office

__all__ = ["send", "to_office"]
