"""The language of a browser in which nobody is signed in: the one chosen in it, else the one it asks for."""

from flask import request

from sergio.lib.language import LANGUAGES

COOKIE = "__Host-language"


def chosen_language() -> str | None:
    """The language that was chosen in this browser."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else None


def browsers_language() -> str | None:
    """The chosen language, else the best in Accept-Language (RFC 9110, 12.5.4) that we speak; None without any."""
    return chosen_language() or request.accept_languages.best_match(list(LANGUAGES))
