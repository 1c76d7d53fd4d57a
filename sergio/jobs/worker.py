"""Running jobs: claim, do, mark done. A crash anywhere leaves the row, and the row is done again."""

import logging
from datetime import timedelta

from sqlalchemy import delete

from sergio.extensions import db
from sergio.jobs.models import Job, claim
from sergio.jobs.registry import REGISTRY, job
from sergio.lib import clock
from sergio.web import logs

log = logging.getLogger(__name__)
KEPT = timedelta(days=7)


def drain(limit: int = 20) -> int:
    """Run what is due until nothing is; how many jobs ran. Needs an app context, leaves its session clean."""
    ran = 0
    while ids := claim(limit, clock.now()):
        for job_id in ids:
            run(job_id)
        ran += len(ids)
    return ran


def run(job_id: int):
    """Run one claimed job and keep how it went."""
    claimed = db.session.get_one(Job, job_id)
    name, args, asked_by_id = claimed.name, claimed.args, claimed.asked_by_id
    db.session.commit()
    with logs.job(job_id, name, asked_by_id) as outcomes:
        try:
            REGISTRY[name](**args)
            db.session.get_one(Job, job_id).finished_at = clock.now()
        except Exception as error:
            log.exception("job %s %s failed", job_id, name)
            outcomes.append("failed")
            db.session.rollback()
            db.session.get_one(Job, job_id).failed(error, clock.now())
        db.session.commit()
    db.session.remove()


@job("jobs.forget")
def forget():
    """Delete finished jobs after a week."""
    old = clock.now() - KEPT
    db.session.execute(delete(Job).where(Job.finished_at < old).execution_options(synchronize_session=False))
