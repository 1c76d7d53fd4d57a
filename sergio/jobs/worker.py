"""Running jobs: claim, run, mark finished. After a crash the row is still there, and the job runs again."""

import logging
from datetime import timedelta
from threading import Event

from sqlalchemy import delete, or_

from sergio.extensions import db
from sergio.jobs import outages
from sergio.jobs.claims import Claim, LeaseLost, claim, running
from sergio.jobs.models import STARTS, Job, Outage
from sergio.jobs.outages import CutShort, Unreachable
from sergio.jobs.registry import LANES, REGISTRY, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.web import logs

log = logging.getLogger(__name__)
KEPT, KEPT_WHEN_FAILED = timedelta(days=7), timedelta(days=90)


class WorkerEnded(Exception):
    """Every worker that started this job ended before it finished."""


def drain(lanes=LANES, stop: Event | None = None) -> int:
    """Run due jobs until there are none or `stop` is set; return the number of attempts.

    Needs an app context, and leaves its session clean.
    """
    tries = 0
    while not (stop and stop.is_set()) and (claimed := claim(clock.now(), lanes)):
        run(claimed)
        tries += 1
    return tries


def run(claimed: Claim):
    """Run one claimed job and store the outcome, unless the lease was lost meanwhile."""
    with logs.job(claimed.job_id, claimed.name, claimed.company_id) as outcomes:
        try:
            with running(claimed):
                outcomes.append(attempt(claimed))
        except LeaseLost:
            db.session.rollback()
            outcomes.append("taken-over")
        finally:
            db.session.remove()


def attempt(claimed: Claim) -> str:
    """Run the job and mark it finished in one transaction; an error is stored with the job. Raises `LeaseLost`.

    Returns the outcome: "done", "failed", or "waiting" for a server.
    """
    outcome = "done"
    try:
        if claimed.attempts > STARTS:
            raise WorkerEnded("The program exited each time this was started.")
        REGISTRY[claimed.name].function(**claimed.args)
        claimed.held().finish(clock.now())
        db.session.commit()
    except LeaseLost:
        raise
    except Exception as error:
        db.session.rollback()
        if isinstance(error, Unreachable) and claimed.server:
            log.warning("job %s %s is waiting for %s", claimed.job_id, claimed.name, claimed.server)
            put_back_and_note_outage(claimed, error)
            return "waiting"
        outcome = "failed"
        log.exception("job %s %s failed", claimed.job_id, claimed.name)
        claimed.held().fail(error, clock.now())
        db.session.commit()
    if claimed.probing:
        close_probe(claimed)
    return outcome


def put_back_and_note_outage(claimed: Claim, trouble: Unreachable):
    """Put the job back, and start or extend the outage of its server."""
    now = clock.now()
    found = claimed.held()
    job_may_be_the_cause = isinstance(trouble, CutShort) and not claimed.probing
    found.fail(trouble, now) if job_may_be_the_cause else found.hand_back(trouble, now)
    outages.begin_or_extend(claimed.server, str(trouble), now)
    db.session.commit()


def close_probe(claimed: Claim):
    """End the outage if the server answered; else, as this job did not contact it, let another one probe."""
    change = outages.end if claimed.answered else outages.let_another_probe
    change(claimed.server, clock.now())
    db.session.commit()


@job("jobs.delete_expired", label=_l("Deleting old background work"))
def delete_expired():
    """Delete finished jobs after a week, failed jobs and past outages after 90 days."""
    week = clock.now() - KEPT
    quarter = clock.now() - KEPT_WHEN_FAILED
    old_jobs = delete(Job).where(or_(Job.finished_at < week, Job.failed_at < quarter))
    for statement in (old_jobs, delete(Outage).where(Outage.ended_at < quarter)):
        db.session.execute(statement.execution_options(synchronize_session=False))
