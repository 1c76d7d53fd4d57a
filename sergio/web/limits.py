"""The limits of requests; counted in the database, or in Redis, for all processes at once.

What a mailbox or a customer may ask for in a day is limited where it is kept (`MagicLink`, `Appointment`, `Quote`).

The keys include the company, so that a flood at one company uses up nothing at another.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, wraps
from importlib import import_module
from typing import Any

from flask import Flask, current_app, g, request
from flask_login import current_user
from limits import parse_many
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import String, bindparam, case, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import TooManyRequests

from sergio.database.engines import begin_without_disk
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.email_addresses import mailbox
from sergio.lib.language import gettext as _
from sergio.web.forms import add_error
from sergio.web.proxies import client_network


def network() -> str:
    """Key: the client's network at one company."""
    return f"{company()}/{client_network(request.remote_addr)}"


def person() -> str:
    """Key: the contact or staff member of one company who is signed in, or whose document link was opened."""
    known = current_user if current_user.is_authenticated else g.viewer.contact
    return f"{company()}/{(request.blueprint or '').partition('.')[0]} {known.id}"


def document() -> str:
    """Key: what a form of one company is about, by its path, whoever sends it."""
    return f"{company()}/{request.path}"


def token_or_network() -> str:
    """Key: the valid API token (`g.api_token`), else the client's network."""
    return f"{company()}/token {g.api_token.id}" if g.get("api_token") else network()


def company() -> int:
    return g.company.id if g.get("company") else 0


@dataclass(frozen=True)
class RequestLimit:
    """A decorator of views: at most `rates` requests ("40 per minute, 400 per hour") for each `key`, else a 429."""

    name: str
    rates: str
    key: Callable[[], str]

    def __call__(self, view):
        @wraps(view)
        def limited(*args, **kwargs):
            self.count()
            return view(*args, **kwargs)

        return limited

    def refuse(self):
        """Refuse this request if no more are allowed, by reading; a view that has done so may `hit` once it writes."""
        require(windows().test, self.name, self.rates, self.key())

    def hit(self):
        require(windows().hit, self.name, self.rates, self.key())

    def count(self):
        """Count this request. While Redis is down, nothing is counted and no request is refused."""
        count(self.name, self.rates, self.key())


def count_mailbox(name: str, rates: str, email: str):
    """Count an email to a mailbox, at whatever company; a 429 for more than `rates`."""
    count(name, rates, mailbox(email))


def may_send(form) -> bool:
    """Count an email with the message of this form. Over the limit, the form says so and keeps the message."""
    try:
        sendings.count()
        sendings_of_one.count()
    except TooManyRequests:
        add_error(form.message, _("You've sent several emails already. Wait an hour, then send this one."))
        return False
    return True


def count(name: str, rates: str, key: str):
    require(windows().test, name, rates, key)  # so that refused requests do not write
    require(windows().hit, name, rates, key)


def require(allows: Callable[..., bool], name: str, rates: str, key: str):
    """Raise a 429 where one of the rates allows no more."""
    with suppress(windows().storage.base_exceptions):
        for rate in parsed(rates):
            if not allows(rate, key, name):
                reset_at = windows().get_window_stats(rate, key, name).reset_time
                raise TooManyRequests(retry_after=max(1, int(reset_at - clock.now().timestamp())))


def windows() -> Any:
    """The `FixedWindowRateLimiter` of this app."""
    return current_app.extensions["limits"]


parsed = cache(parse_many)

link_requests = RequestLimit("link requests", "40 per minute, 400 per hour", network)
codes = RequestLimit("codes", "40 per minute, 400 per hour", network)
links = RequestLimit("links", "40 per minute, 400 per hour", network)
sign_ups = RequestLimit("sign-ups", "40 per hour, 100 per day", network)
all_sign_ups = RequestLimit("all sign-ups", "600 per hour", lambda: "everybody")
subdomains = RequestLimit("subdomains", "120 per minute, 1500 per hour", network)
booking = RequestLimit("booking", "300 per hour", person)
visits = RequestLimit("visits", "60 per hour, 200 per day", network)
free_times = RequestLimit("free times", "120 per minute, 1500 per hour", network)
holds = RequestLimit("holds", "120 per hour", person)
places = RequestLimit("places", "60 per hour", person)
support = RequestLimit("support", "5 per hour, 20 per day", person)
invitations = RequestLimit("invitations", "30 per hour, 60 per day", person)
people = RequestLimit("people", "10 per hour, 20 per day", person)
portal_invitations = RequestLimit("portal invitations", "100 per hour, 300 per day", person)
invitation_runs = RequestLimit("invitation runs", "20 per hour", person)
sendings = RequestLimit("sendings", "200 per hour, 600 per day", person)
sendings_of_one = RequestLimit("sendings of one", "6 per hour, 12 per day", document)
test_emails = RequestLimit("test emails", "20 per hour, 60 per day", person)
uploads = RequestLimit("uploads", "20 per minute, 100 per hour", person)
photos = RequestLimit("photos", "60 per minute, 400 per hour", person)
calendars = RequestLimit("calendars", "10 per hour", person)
api = RequestLimit("api", "120 per minute", token_or_network)


def init_app(app: Flask, redis_url: str):
    """Count in Redis, or without one in the database."""
    patience: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    storage = storage_from_string(redis_url, **patience) if redis_url else DatabaseStorage()
    app.extensions["limits"] = FixedWindowRateLimiter(storage)


class RateLimitWindow(Model):
    """The count of one key in its current window. Keys are digests, because they contain IP addresses."""

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes the windows that are over."""
        return delete(cls).where(cls.expires_at <= now)


CURRENT_WINDOW = select(RateLimitWindow.hits, RateLimitWindow.expires_at).where(
    RateLimitWindow.key == bindparam("digest"), RateLimitWindow.expires_at > bindparam("now")
)


@cache
def count_hit(dialect: str):
    """The statement that adds `amount` to the window of `digest`, or starts a new window if that is over at `now`."""
    window = RateLimitWindow
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(window)
    first = insert.values(key=bindparam("digest"), hits=bindparam("amount"), expires_at=bindparam("ends_at"))
    over = window.expires_at <= bindparam("now", type_=window.expires_at.type)
    again = {
        "hits": case((over, first.excluded.hits), else_=window.hits + first.excluded.hits),
        "expires_at": case((over, first.excluded.expires_at), else_=window.expires_at),
    }
    return first.on_conflict_do_update(index_elements=["key"], set_=again).returning(window.hits)


class DatabaseStorage(Storage):
    """Counts rate limits in our own database, each hit in one statement: in the transaction of a request that is
    writing, else in one of its own, so that a refused or failed request is still counted. A power cut may undo the
    latest hits of the second kind. A count is read as the request's transaction sees it; `incr` returns the exact one.
    """

    base_exceptions = ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the count of the current window, or of a new one of `expiry` seconds; return the count."""
        now = clock.now()
        hit = {"digest": tokens.digest(key), "amount": amount, "now": now, "ends_at": now + timedelta(seconds=expiry)}
        statement = count_hit(db.engine.dialect.name)
        if db.session.info.get("writing"):
            return db.session.connection().execute(statement, hit).scalar_one()
        with begin_without_disk(db.engine) as connection:
            return connection.execute(statement, hit).scalar_one()

    def get(self, key: str) -> int:
        """The count of the key in its current window."""
        return self._of_current_window(key, "hits") or 0

    def get_expiry(self, key: str) -> float:
        """When the current window ends, in seconds since 1970."""
        ends = self._of_current_window(key, "expires_at")
        return (ends or clock.now()).timestamp()

    def _of_current_window(self, key: str, column: str) -> Any:
        rows = db.rows(CURRENT_WINDOW, {"digest": tokens.digest(key), "now": clock.now()})
        return getattr(rows[0], column) if rows else None

    def check(self) -> bool:
        """Whether the counts can be read."""
        with db.engines["reading"].connect() as connection:
            return connection.scalar(select(func.count()).select_from(RateLimitWindow)) is not None

    def reset(self) -> int:
        """Delete all counts; return how many windows there were."""
        with db.engine.begin() as connection:
            return connection.execute(delete(RateLimitWindow)).rowcount

    def clear(self, key: str):
        with db.engine.begin() as connection:
            connection.execute(delete(RateLimitWindow).where(RateLimitWindow.key == tokens.digest(key)))
