"""Repeat views: a page that has not changed since this browser got it is answered with 304, before Flask sees it.

Its ETag stands for all that the page depends on: the company's version (`database.versions`), who asks (the cookies,
with the messages and the CSRF token in them), the URL, the program, and the time. Appointments begin and end at quarter
hours, so within one of them no page of a view marked `@revalidated` changes by itself. Nobody who may not see a page
can have its ETag for the current version: whoever loses access changes a row.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, g, request

from sergio.lib import clock
from sergio.web import logs

PROGRAM = str(Path(__file__).parent.parent)
PARTS_OF_PROGRAM = (".py", ".html", ".css", ".js", ".mo")
QUARTER = 15 * 60
KEEP = "private, no-cache"
DEPENDS_ON = ("HTTP_HOST", "PATH_INFO", "QUERY_STRING", "HTTP_COOKIE", "HTTP_HX_REQUEST", "HTTP_HX_REQUEST_TYPE")


def revalidated(view):
    """Mark a view whose page depends only on rows of the company, on who asks, and on the quarter hour."""
    view.revalidated = True
    return view


def init_app(app: Flask, version_at: Callable[[str], int | None]):
    """Answer repeat views. `version_at(host)` is the version of the company at a host, None where there is none."""
    program = fingerprint(app)
    app.extensions["page_tag"] = partial(tag, program)
    app.wsgi_app = RepeatViews(app.wsgi_app, partial(tag, program), version_at)


class RepeatViews:
    """WSGI middleware that answers what has not changed."""

    def __init__(self, next_app, page_tag: Callable, version_at: Callable[[str], int | None]):
        self.next_app, self.page_tag, self.version_at = next_app, page_tag, version_at

    def __call__(self, environ, start_response):
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        if known.startswith('W/"') and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            begun = time.perf_counter()
            version = self.version_at(environ.get("HTTP_HOST", ""))
            if version is not None and known == f'W/"{self.page_tag(environ, version)}"':
                start_response("304 NOT MODIFIED", [("ETag", known), ("Cache-Control", KEEP)])
                logs.write_repeat_view(begun)
                return []
        return self.next_app(environ, start_response)


def add_tag(response: Response) -> Response:
    """Let the browser keep a page and ask again each time, unless it sets a cookie, which would make it another."""
    view = current_app.view_functions.get(request.endpoint or "")
    version = g.get("company_version")
    tagged = version is not None and request.method == "GET" and getattr(view, "revalidated", False)
    if tagged and response.status_code == 200 and "Set-Cookie" not in response.headers:
        response.set_etag(current_app.extensions["page_tag"](request.environ, version), weak=True)
        response.headers["Cache-Control"] = KEEP
    return response


def tag(program: str, environ: dict, version: int) -> str:
    quarter = int(clock.now().timestamp()) // QUARTER
    facts = (program, str(version), str(quarter), *(environ.get(name, "") for name in DEPENDS_ON))
    return sha256("\n".join(facts).encode()).hexdigest()[:32]


def fingerprint(app: Flask) -> str:
    """Stands for the program's files and its settings, which all processes of an installation share."""
    facts = sorted(f"{name} {file.st_mtime_ns} {file.st_size}" for name, file in files_in(PROGRAM))
    return sha256("\n".join([repr(app.config["SERGIO"]), *facts]).encode()).hexdigest()


def files_in(folder: str, before: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """The files of the program in a folder, by their names from there. `pathlib` takes 20 ms longer at each start."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from files_in(entry.path, f"{before}{entry.name}/")
        elif entry.name.endswith(PARTS_OF_PROGRAM):
            yield f"{before}{entry.name}", entry.stat()
