"""Random secrets for links, sign-ins and codes, and the digests that are kept of them."""

import hashlib
import secrets

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LOOK_ALIKE = str.maketrans("OQILZSGBV", "00112568U")


def token() -> str:
    """32 random bytes, written for a URL (43 characters)."""
    return secrets.token_urlsafe(32)


def code() -> str:
    """Eight characters a person can read aloud and type: none that look alike (no I, L, O, 0, 1)."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def spelled(code: str) -> str:
    """A code, however it was typed: case, spaces, dashes and letters that look alike make no difference."""
    return "".join(filter(str.isalnum, code)).upper().translate(LOOK_ALIKE)


def digest(secret: str) -> str:
    """SHA-256 in hex: what the database keeps in place of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
