"""Email addresses: checking, normalizing to one mailbox, and masking."""

import unicodedata

LONGEST = 254
"""Characters of an address (RFC 5321 4.5.3.1.3, without the angle brackets)."""
DOTLESS = {"gmail.com", "googlemail.com"}


def well_formed(text: str) -> str | None:
    """The normalized address, or None if it is not valid (RFC 5322, 6531); its domain is not looked up."""
    parts = parsed(text)
    return parts.normalized if parts else None


def on_the_wire(text: str) -> str | None:
    """The address in ASCII, which every mail server accepts; None if it is not valid or has no such form (RFC 6531)."""
    parts = parsed(text)
    return parts.ascii_email if parts else None


def mailbox(email: str) -> str:
    """A key that is equal for all spellings that may reach one mailbox: case, width, +tags, and dots that are ignored.

    `email` must be well formed. Gmail ignores dots (https://support.google.com/mail/answer/7436150) and, like most,
    everything after a plus (RFC 5233).
    """
    parts = parsed(email)
    if parts is None:
        raise ValueError(f"{email!r} is not an email address.")
    local = unicodedata.normalize("NFKC", parts.local_part).casefold().partition("+")[0]
    domain = parts.ascii_domain.lower()
    return f"{local.replace('.', '')}@gmail.com" if domain in DOTLESS else f"{local}@{domain}"


def masked(email: str) -> str:
    """ "a***@example.com", enough to recognize one's own address."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def parsed(text: str):
    """The parts of an address (`email_validator.ValidatedEmail`), or None if it is not valid."""
    from email_validator import EmailNotValidError, validate_email  # slow to load

    if len(text) > LONGEST:  # checking 3 MB takes a second
        return None
    try:
        return validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
