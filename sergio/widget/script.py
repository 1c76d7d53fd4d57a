"""The widget's script for one company: `element.js` with the portal's address, the colors and the texts."""

import hashlib
import json
from base64 import b64encode
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from sergio.companies import colors
from sergio.companies.models import Company
from sergio.lib.language import ENGLISH, FOLDER, speaking
from sergio.lib.language import gettext as _

ELEMENT = Path(__file__).parent / "element.js"
NO_PROTOTYPE = {"__proto__": None}
"""In an object literal this gives the object no prototype, so that nothing shows through that a page has put there."""


class Script(NamedTuple):
    content: str
    digest: str
    integrity: str

    @classmethod
    def of(cls, company: Company) -> "Script":
        """The company's current one."""
        return script(company.url("/portal/"), company.brand, company.accent, company.language)

    @property
    def path(self) -> str:
        """Where exactly this script is served, for ever."""
        return f"/portal/widget.{self.digest}.js"


@lru_cache(256)
def script(portal: str, brand: str, accent: str, language: str) -> Script:
    facts = (portal, palette(brand, accent), {**NO_PROTOTYPE, **{each: texts(each) for each in languages(language)}})
    values = ", ".join(json.dumps(fact, separators=(",", ":")) for fact in (*facts, language))
    content = f"{source()}({values})\n"
    integrity = "sha384-" + b64encode(hashlib.sha384(content.encode()).digest()).decode()
    return Script(content, hashlib.sha256(content.encode()).hexdigest()[:16], integrity)


@cache
def source() -> str:
    return ELEMENT.read_text().rstrip()


def palette(brand: str, accent: str) -> dict:
    """Background, text, and background under the pointer, by the name of the color."""
    named = colors.properties(brand, accent, colors.LIGHT)
    branded = [named["--brand"], named["--on-brand"], named["--brand-hover"]]
    accented = [named["--accent"], named["--on-accent"], colors.pressed(named["--accent"])]
    plain = {"white": ["#ffffff", "#1b1f23", "#eef0f2"], "black": ["#1b1f23", "#ffffff", "#3a4047"]}
    return {**NO_PROTOTYPE, "brand": branded, "accent": accented, **plain}


def languages(own: str) -> list[str]:
    """The company's language, English, and those with a catalog."""
    translated = {path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/messages.mo")}
    return sorted({own, ENGLISH} | translated)


def texts(language: str) -> dict[str, str]:
    """What the widget says in a language."""
    with speaking(language):
        return {
            "login": _("Log in"),
            "book": _("Book an appointment"),
            "email": _("Email address"),
            "send": _("Email me a link"),
            "open": _("Open the portal"),
            "sent": _("Check your email. If we know this address, a link to sign in is on its way."),
            "wrong": _("Enter a valid email address, such as name@example.com."),
            "wait": _("Too many attempts. Try again in a few minutes."),
        }
