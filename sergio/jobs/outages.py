"""Outages of the servers we depend on: their jobs wait, and one job at a time tests whether the server is back.

While an `Outage` is open, jobs of that server do not run in any process, and no attempts are counted. When the first
one succeeds, all of them are due.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.jobs.models import Outage

SMTP, STRIPE = "smtp", "stripe"
PAUSES = {SMTP: (1, 10), STRIPE: (5, 40)}
"""Seconds between two tries of a server that is down: the first pause, which doubles each time, and the longest. What
waits for Stripe is to be settled within a minute of its return, with the time that the work itself takes.
"""


class Unreachable(Exception):
    """The server a job needs cannot be reached. The job waits, and this attempt does not count."""


class CutShort(Unreachable):
    """The connection broke off, perhaps because of this job: the attempt counts unless the server was down before."""


def begin_or_extend(server: str, reason: str, now: datetime):
    """Note that the server is down: open an outage, or set the next try of the open one."""
    first, longest = PAUSES[server]
    outage = db.session.scalar(Outage.on().where(Outage.server == server).with_for_update())
    if outage is None:
        outage = Outage(server=server, since=now, reason=reason[:500], next_at=now + timedelta(seconds=first))
        try:
            with db.session.begin_nested():
                db.session.add(outage)
        except IntegrityError:  # another worker has just opened it
            return
    else:
        outage.failures += 1
        outage.reason = reason[:500]
        outage.next_at = now + timedelta(seconds=min(longest, first * 2 ** min(outage.failures - 1, 10)))


def end(server: str, now: datetime):
    _change(server, ended_at=now)


def let_another_probe(server: str, now: datetime):
    """Let another job probe, because this one ended without contacting the server."""
    _change(server, next_at=now)


def take_probe(server: str, now: datetime, until: datetime) -> bool:
    """Whether the caller may probe the server now; nobody else may before `until`."""
    still_open = update(Outage).where(Outage.server == server, Outage.ended_at.is_(None), Outage.next_at <= now)
    taken = still_open.values(next_at=until).returning(Outage.id).execution_options(synchronize_session=False)
    return db.session.scalar(taken) is not None


def _change(server: str, **values):
    statement = update(Outage).where(Outage.server == server, Outage.ended_at.is_(None)).values(values)
    db.session.execute(statement.execution_options(synchronize_session=False))
