"""Rendering: a whole page, or its named blocks for htmx."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_blocks

from sergio.lib.language import gettext as _

LONGEST_PATH = 2000


def wants_fragment() -> bool:
    """Whether htmx requests a part of a page (it requests whole pages to restore its history)."""
    return "HX-Request" in request.headers and request.headers.get("HX-Request-Type") != "full"


def page(template: str, *blocks: str, status: int = 200, **context) -> Response:
    """The whole template or, for htmx, its `blocks` with the flashed messages out of band."""
    if blocks and wants_fragment():
        html = render_blocks(template, [*blocks], **context) + render_template("layouts/flashes.html")
    else:
        html = render_template(template, **context)
    return uncached(html, status)


def part(template: str, block: str, **context) -> Response:
    """The whole template or, for htmx, a block that a page loads by itself: the messages that the page has just shown
    stay.
    """
    fragment = wants_fragment()
    return uncached(render_blocks(template, [block], **context) if fragment else render_template(template, **context))


def uncached(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.vary.add("HX-Request")
    response.headers["Cache-Control"] = "no-store"
    return response


def go(path: str) -> Response:
    """Redirect the browser (303); for htmx, with the `HX-Redirect` header, as it would put a redirect's page into the
    fragment.
    """
    if wants_fragment():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = path
        return response
    return make_response(redirect(path, 303))


def flash_undoable(text: str, action: str, fields: dict):
    """Flash what was done, with a button that takes it back: a form with these fields (`ui.undoable`)."""
    message: Any = {"text": text, "action": action, "fields": list(fields.items()), "button": _("Undo")}
    flash(message, "success")


def own_path(path: str | None) -> str | None:
    """`path` if every browser reads it as a path of this host; else None.

    Browsers read a backslash as a slash, drop tabs and line breaks, and resolve dot segments even when they are
    percent-encoded (https://url.spec.whatwg.org/#url-parsing).
    """
    if not path or len(path) > LONGEST_PATH or any(c <= " " or c in "\\\x7f" for c in path):
        return None
    bare = path.partition("?")[0].partition("#")[0].lower()
    odd = ("//", "/.", "%2e", "%2f", "%5c")
    return path if bare.startswith("/") and not any(part in bare for part in odd) else None


def page_asked_from(fallback: str) -> str:
    """The Referer's path if it is on this host, else `fallback`.

    Also `fallback` if a GET would be redirected to itself.
    """
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return fallback
    if request.method == "GET" and came_from.path == request.path:
        return fallback
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return (came_from.netloc == request.host and own_path(path)) or fallback
