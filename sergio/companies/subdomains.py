"""Subdomains as text: which ones a company may have, which look alike, and suggestions made from its name."""

import re
import unicodedata
from collections.abc import Iterator

from sergio.lib.language import gettext as _

SHORTEST, LONGEST = 3, 63
"""Characters; a label of a host name has 63 at most (RFC 1035 2.3.4)."""
SUGGESTED = 40
"""Characters of a suggestion, which people type and print on a van."""

NAMES = """
about abuse access account accounts ad admin administrator admins ads affiliate affiliates alerts analytics api app
apps asset assets auth autoconfig autodiscover backend backup bank beta billing blog book booking bookings bot
broadcasthost calendar careers cdn chat checkout cloud code community config connect console contact control
cpanel css customer customers dashboard data database db debug default demo dev developer developers dns doc docs
documents domain download downloads email example exchange faq feedback file files forum ftp gateway git graphql
guest health help helpdesk home host hostmaster hosting http https id image images imap img info internal intranet
invoice invoices invest isatap jobs js kb learn legal live local localdomain localhost log login logo logout logs
mail mailbox mailer mailserver manage manager master media member members metrics mobile monitor mtasts mx my news
newsletter noc none noreply ns null oauth office official openid owner panel partner partners pay payment payments
paypal pop portal postmaster preview press pricing privacy private prod production profile proxy public quote quotes
redirect register registration relay report root router safe sale sales sandbox secure security self sergio server
service services session settings setup shop signin signout signup site sites smtp socket sso ssl staff stage
staging stat static stats status store stripe sub support survey sys sysadmin system team teams temp terms test
testing tls token tools trust undefined unsubscribe update upload user username users verify video vpn web webhook
webhooks webmail webmaster widget widgets wiki wpad www
"""
RESERVED = frozenset(NAMES.split())
"""Names that people take for the service itself or that programs look up, so that no company may have them."""

SPELLED = str.maketrans("012345789", "olzeastbg")
"""The letter that a digit is written for: "adm1n" is "admln", which `SPELLED_AS_I` reads as "admin"."""
SPELLED_AS_I = str.maketrans("012345789", "oizeastbg")
LOOKS = str.maketrans("015", "ols")
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "&": " and "}
"""Letters that Unicode does not take apart into a plain letter and a mark."""
ENDINGS = ("co", "pros", "group", "local", "portal")


def normalized(text: str) -> str:
    """A subdomain as typed, without capitals, surrounding space, and a scheme or dot that was copied with it."""
    return text.replace("\0", "").strip().lower().removeprefix("https://").removeprefix("http://").strip("./ ")


def problem(subdomain: str) -> str:
    """Why no company may have this subdomain, as a sentence; "" if one may."""
    if re.search(r"[^a-z0-9-]", subdomain):
        return _("Use only the letters a to z, digits, and hyphens.")
    if not SHORTEST <= len(subdomain) <= LONGEST:
        return _("Use between %(least)d and %(most)d characters.", least=SHORTEST, most=LONGEST)
    if subdomain.startswith("-") or subdomain.endswith("-"):
        return _("Start and end with a letter or a digit, not a hyphen.")
    if "--" in subdomain:
        return _("Don't use two hyphens in a row.")
    if not re.search("[a-z]", subdomain):
        return _("Use at least one letter.")
    if is_reserved(subdomain):
        return _("“%(name)s” is reserved or looks like a reserved name. Choose another address.", name=subdomain)
    return ""


def is_reserved(subdomain: str) -> bool:
    """Whether all of it is reserved, however it is spelled: "www", "adm1n", "help-desk", "api-2", "sergio-support"."""
    words = [word for word in subdomain.split("-") if not word.isdigit()]
    return reads_as_reserved("".join(words)) or all(map(reads_as_reserved, words))


def reads_as_reserved(word: str) -> bool:
    readings = {word, word.rstrip("0123456789")}
    spelled = {reading.translate(table) for reading in readings for table in (SPELLED, SPELLED_AS_I)}
    return any(joined(reading) in LOOKS_OF_RESERVED for reading in readings | spelled)


def look(subdomain: str) -> str:
    """A key that is equal for subdomains that readers take for one another: "sparkle-clean" and "sparkleclean",
    "sparkle" and "spark1e", "morning" and "moming" (after the confusables of Unicode, UTS 39).
    """
    return joined(subdomain.replace("-", "").translate(LOOKS))


def joined(text: str) -> str:
    return text.replace("rn", "m").replace("vv", "w")


LOOKS_OF_RESERVED = {joined(name) for name in RESERVED}


def suggestions(name: str) -> Iterator[str]:
    """Subdomains made from a company's name, the plainest first; none without a Latin letter."""
    base = slug(name)
    if not base:
        return
    longer = [f"{base}-{ending}" for ending in ENDINGS] + [f"{base}-{number}" for number in range(2, 30)]
    yield from (candidate for candidate in (base, *longer) if not problem(candidate))


LONGEST_NAME = 200


def slug(name: str) -> str:
    """ "muller-sohne" of "Müller & Söhne", at most `SUGGESTED` characters and cut between words.

    Only the beginning of the name counts, because strangers send it, and what follows takes the square of its length.
    """
    name = name[:LONGEST_NAME]
    text = unicodedata.normalize("NFKD", name.lower().replace("'", "").replace("’", ""))
    plain = "".join(LETTERS.get(letter, letter) for letter in text if not unicodedata.combining(letter))
    words = re.findall("[a-z0-9]+", plain)
    while len(words) > 1 and len("-".join(words)) > SUGGESTED:
        words.pop()
    whole = "-".join(words)[:SUGGESTED].strip("-")
    return whole if re.search("[a-z]", whole) else ""
