"""Encryption of stored bytes: AES-256-GCM under a key for one purpose, bound to the place they belong to."""

import secrets
from hashlib import sha256
from hmac import digest

NONCE = 12


class Unreadable(Exception):
    """The bytes were changed, belong to another place, or were encrypted with another key."""


def key_for(purpose: str, secret: bytes) -> bytes:
    """A key of 32 bytes for one purpose, derived from a random secret (HKDF with SHA-256, RFC 5869)."""
    extracted = digest(bytes(32), secret, sha256)
    return digest(extracted, purpose.encode() + b"\x01", sha256)


def encrypt(content: bytes, key: bytes, place: str) -> bytes:
    """`content`, encrypted; only `decrypt` with the same key and place reads it."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher(key).encrypt(nonce, content, place.encode())


def decrypt(encrypted: bytes, key: bytes, place: str) -> bytes:
    """The content that was encrypted for this place; `Unreadable` if it was not."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(encrypted[:NONCE], encrypted[NONCE:], place.encode())
    except (InvalidTag, ValueError):
        raise Unreadable(place) from None


def _cipher(key: bytes):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
