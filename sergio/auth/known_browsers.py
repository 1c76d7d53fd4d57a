"""Browsers that signed in with an address lately: their requests for links are limited apart from other browsers'.

The cookie outlives the sign-in. It is a random name for the browser and, for each mailbox, a day and a keyed digest
made with our secret key. So it cannot be forged, and nobody can read or guess addresses from it.
"""

import hmac
import re
from datetime import datetime, timedelta

from sergio.lib import tokens

COOKIE = "__Host-known"
REMEMBERED = timedelta(days=90)
MOST = 5
SHAPE = re.compile(rf"[\w-]{{43}}(\.\d{{5}}-[0-9a-f]{{32}}){{1,{MOST}}}", re.ASCII)


def with_mailbox(cookie: str, mailbox: str, *, key: str, now: datetime) -> str:
    """The cookie of a browser that has just signed in as `mailbox` (a digest); the last `MOST` are kept."""
    name, proofs = parts(cookie)
    others = [entry for entry in proofs if entry != proof(name, mailbox, day_of(entry), key)]
    name = name or tokens.token()
    return ".".join([name, proof(name, mailbox, today(now), key), *others[: MOST - 1]])


def known_as(cookie: str, mailbox: str, *, key: str, now: datetime) -> str:
    """The digest of the browser's name where it has signed in as `mailbox` in the last 90 days; else empty."""
    name, proofs = parts(cookie)
    known = [hmac.compare_digest(entry, proof(name, mailbox, day_of(entry), key)) for entry in proofs]
    recent = [today(now) - day_of(entry) <= REMEMBERED.days for entry in proofs]
    return tokens.digest(name) if any(map(all, zip(known, recent, strict=True))) else ""


def parts(cookie: str) -> tuple[str, list[str]]:
    """The browser's name and its proofs, none of them checked; nothing of a cookie that is not ours by its shape."""
    name, *proofs = cookie.split(".") if SHAPE.fullmatch(cookie) else [""]
    return name, proofs


def proof(name: str, mailbox: str, day: int, key: str) -> str:
    """ "20782-3f…": the day in days since 1970, and the digest."""
    message = f"known browser {name} {mailbox} {day}"
    return f"{day}-{hmac.new(key.encode(), message.encode(), 'sha256').hexdigest()[:32]}"


def day_of(entry: str) -> int:
    return int(entry.partition("-")[0])


def today(now: datetime) -> int:
    return int(now.timestamp()) // 86_400
