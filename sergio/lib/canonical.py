"""Canonical JSON and its digest, for values kept as evidence."""

import hashlib
import json


def canonical_json(value: dict) -> str:
    """RFC 8785, which for text, integers, booleans and null is exactly this."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
