"""Outages of the servers we depend on: their jobs wait, and one at a time tries whether the server is back.

While an `Outage` is open, jobs of that server are not tried and lose nothing, whatever process they are in. When the
first one gets through, all of them are due.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.jobs.models import Outage

SMTP, STRIPE = "smtp", "stripe"
PAUSES = {SMTP: (1, 10), STRIPE: (5, 60)}
"""Seconds between two tries of a server that is away: the first pause, doubled each time, and the longest."""


class Unreachable(Exception):
    """The server a job needs cannot be reached. The job waits, and this try does not count."""


class CutShort(Unreachable):
    """The server went away in the middle, which may be this job's doing: unless it was away before, the try counts."""


def begin_or_prolong(server: str, reason: str, at: datetime):
    """The server was found to be away, for the first time or again."""
    first, longest = PAUSES[server]
    outage = db.session.scalar(Outage.on().where(Outage.server == server).with_for_update())
    if outage is None:
        outage = Outage(server=server, since=at, reason=reason[:500], next_at=at + timedelta(seconds=first))
        try:
            with db.session.begin_nested():
                db.session.add(outage)
        except IntegrityError:  # another worker has just found out
            return
    else:
        outage.failures += 1
        outage.reason = reason[:500]
        outage.next_at = at + timedelta(seconds=min(longest, first * 2 ** min(outage.failures - 1, 10)))


def end(server: str, at: datetime):
    """The server is back."""
    _change(server, ended_at=at)


def let_another_probe(server: str, at: datetime):
    """The probing job ended without speaking to the server: another may try."""
    _change(server, next_at=at)


def take_probe(server: str, at: datetime, until: datetime) -> bool:
    """Whether the caller is the one who may look now; nobody else may before `until`."""
    open_still = update(Outage).where(Outage.server == server, Outage.ended_at.is_(None), Outage.next_at <= at)
    taken = open_still.values(next_at=until).returning(Outage.id).execution_options(synchronize_session=False)
    return db.session.scalar(taken) is not None


def _change(server: str, **values):
    statement = update(Outage).where(Outage.server == server, Outage.ended_at.is_(None)).values(values)
    db.session.execute(statement.execution_options(synchronize_session=False))
