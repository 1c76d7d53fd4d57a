"""Email addresses: checking them, telling which spellings reach one mailbox, and masking them."""

import unicodedata

LONGEST = 254
"""Characters of an address (RFC 5321 4.5.3.1.3, less the angle brackets)."""
DOTLESS = {"gmail.com", "googlemail.com"}


def well_formed(text: str) -> str | None:
    """The address as it should be written, or None where it is none (RFC 5322, 6531); its host is not asked."""
    address = parsed(text)
    return address.normalized if address else None


def on_the_wire(text: str) -> str | None:
    """The address in ASCII, as any mail server takes it; None where it is none or cannot be written so (RFC 6531)."""
    address = parsed(text)
    return address.ascii_email if address else None


def mailbox(email: str) -> str:
    """The same for all spellings that may reach one mailbox: case, width, +tags, and dots where they mean nothing.

    `email` must be well formed. Gmail ignores dots (https://support.google.com/mail/answer/7436150) and, like most,
    what follows a plus (RFC 5233).
    """
    address = parsed(email)
    if address is None:
        raise ValueError(f"{email!r} is not an email address.")
    local = unicodedata.normalize("NFKC", address.local_part).casefold().partition("+")[0]
    domain = address.ascii_domain.lower()
    return f"{local.replace('.', '')}@gmail.com" if domain in DOTLESS else f"{local}@{domain}"


def masked(email: str) -> str:
    """Enough to recognise one's own address by: "a***@example.com"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def parsed(text: str):
    """The parts of an address, or None where it is none."""
    from email_validator import EmailNotValidError, validate_email  # imported where used: it is slow to load

    if len(text) > LONGEST:  # checking takes a second for each 3 MB
        return None
    try:
        return validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
