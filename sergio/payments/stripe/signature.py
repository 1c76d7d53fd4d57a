"""Whether an event is from Stripe: its signature, checked as docs.stripe.com/webhooks/signature says."""

import hashlib
import hmac
from datetime import datetime

TOLERANCE = 300
LONGEST_STAMP = 12


def is_from_stripe(body: bytes, header: str, secrets: str, at: datetime) -> bool:
    """Whether `header` signs `body` with one of our endpoints' `secrets` (a comma between them), at most five minutes
    before or after `at`: Stripe's own library refuses only old timestamps, and would accept any from the future.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) <= LONGEST_STAMP):
        return False
    if abs(at.timestamp() - int(stamps[0])) > TOLERANCE:
        return False
    ours = [_signed(body, stamps[0], secret.strip()) for secret in secrets.split(",") if secret.strip()]
    return any(hmac.compare_digest(mine, theirs.encode()) for mine in ours for theirs in signatures)


def _signed(body: bytes, stamp: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
