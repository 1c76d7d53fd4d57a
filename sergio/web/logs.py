"""The log: one line for each request and each job, on stderr, without personal data.

A path or query may contain a token, an error message a name or an address; so a line has the route instead of the
path, and a trace has file names and lines, but only messages that are known to quote no values.
"""

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
QUOTE_NO_VALUES = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError)
LINE = "%(asctime)s %(levelname)s pid=%(process)d %(name)s %(message)s"

requests = logging.getLogger("sergio.requests")
jobs = logging.getLogger("sergio.jobs")


def configure():
    """Send the log to stderr: our own records from INFO on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet())
    handler.addFilter(without_path)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("sergio").setLevel(logging.INFO)
    logging.captureWarnings(True)


class Discreet(logging.Formatter):
    """UTC to the millisecond, one line a record, traces without values."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self):
        super().__init__(LINE)

    def formatMessage(self, record):  # noqa: N802 - the standard library's name
        return super().formatMessage(record).replace("\n", " ").replace("\r", " ")

    def formatException(self, ei):  # noqa: N802
        return "\n".join(trace_of(ei[1]))


def without_path(record: logging.LogRecord) -> bool:
    """Remove the path from Flask's own message about an error page that failed."""
    if record.msg == "Exception on %s [%s]":
        record.msg, record.args = "Exception on an error page", None
    return True


def trace_of(error: BaseException) -> Iterator[str]:
    """The lines of a trace as Python prints it, cause first, without messages that might quote personal data."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier:
        yield from trace_of(earlier)
        yield "which led to"
    yield from (line.rstrip() for line in traceback.format_tb(error.__traceback__))
    yield described(error)


def described(error: BaseException) -> str:
    """The class of an error, with its message or code if that contains no personal data."""
    kind = type(error).__name__
    if isinstance(error, QUOTE_NO_VALUES):
        return f"{kind}: {error}"
    if isinstance(error, DBAPIError):
        return f"{kind}: {described(error.orig)}" if error.orig else kind
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    if type(error).__module__.startswith("sqlcipher3"):  # SQLite names tables and columns, never values
        return f"{kind}: {error}"
    return " ".join(filter(None, [kind, getattr(error, "sqlstate", None)]))


def init_app(app: Flask):
    """Write a line about every request; called before other hooks are added, so that it measures all of them."""
    if not app.testing:
        configure()
    app.before_request(begin)
    app.after_request(note_status)
    app.teardown_request(write_line)


def begin():
    g.begun_at = time.perf_counter()


def note_company():
    """Keep the subdomain now: after a commit, reading it would query the database."""
    g.subdomain = g.company.subdomain if g.company else "-"


def note_status(response: Response) -> Response:
    g.status = response.status_code
    return response


def write_line(error: BaseException | None):
    requests.info(
        "id=%s company=%s method=%s route=%s status=%d ms=%.1f",
        g.get("request_id", "-"),
        g.get("subdomain", "-"),
        request.method if request.method in METHODS else "-",
        request.url_rule.rule if request.url_rule else "-",
        g.get("status", 500),
        milliseconds_since(g.get("begun_at")),
    )


def write_repeat_view(begun: float):
    """The line of a page that was not made again (304); it names no route and no company."""
    requests.info("id=- company=- method=GET route=- status=304 ms=%.1f", milliseconds_since(begun))


@contextmanager
def job(job_id: int, name: str, company_id: int | None):
    """Write a line about the job in the block; append its outcome to the yielded list if it is not "done"."""
    outcomes = []
    begun = time.perf_counter()
    try:
        yield outcomes
    except BaseException:
        outcomes.append("broken-off")
        raise
    finally:
        facts = (job_id, name, company_id or "-", *(outcomes or ["done"])[-1:], milliseconds_since(begun))
        jobs.info("id=%s job=%s company_id=%s outcome=%s ms=%.1f", *facts)


def milliseconds_since(begun: float | None) -> float:
    return (time.perf_counter() - begun) * 1000 if begun is not None else 0
