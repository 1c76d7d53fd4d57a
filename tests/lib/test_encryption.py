"""Encryption of stored bytes: the derivation of keys (RFC 5869), and what is refused."""

import pytest

from sergio.lib.encryption import Unreadable, decrypt, encrypt, key_for

KEY = key_for("tests", b"a secret")
RFC_5869_CASE_3 = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


def test_keys_are_derived_as_in_rfc_5869():
    assert key_for("", b"\x0b" * 22).hex() == RFC_5869_CASE_3


def test_what_was_encrypted_is_read_with_the_same_key_and_place():
    assert decrypt(encrypt(b"content", KEY, "1/a"), KEY, "1/a") == b"content"


@pytest.mark.parametrize(
    ("key", "place"),
    [(KEY, "1/b"), (KEY, ""), (key_for("another purpose", b"a secret"), "1/a"), (key_for("tests", b"another"), "1/a")],
)
def test_another_key_or_place_is_refused(key, place):
    with pytest.raises(Unreadable):
        decrypt(encrypt(b"content", KEY, "1/a"), key, place)


@pytest.mark.parametrize("broken", [b"", b"short", b"x" * 40])
def test_other_bytes_are_refused(broken):
    with pytest.raises(Unreadable):
        decrypt(broken, KEY, "1/a")
