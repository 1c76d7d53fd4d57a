"""Random secrets for links, sign-ins and codes, and their digests."""

import hashlib
import secrets

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LOOK_ALIKE = str.maketrans("OQILZSGBV", "00112568U")


def token() -> str:
    """32 random bytes, URL-safe (43 characters)."""
    return secrets.token_urlsafe(32)


def code() -> str:
    """Eight characters that are easy to read and type, without those that look alike (I, L, O, 0, 1)."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def normalized_code(code: str) -> str:
    """A typed code without differences in case, spaces, dashes and characters that look alike."""
    return "".join(filter(str.isalnum, code)).upper().translate(LOOK_ALIKE)


def digest(secret: str) -> str:
    """SHA-256 in hex, which the database keeps instead of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
