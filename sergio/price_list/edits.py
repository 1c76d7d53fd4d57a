"""The audit entries of a draft that is saved as you go: one for what a person changes within some minutes.

The first change is an entry of its own. Further ones are summed up in a second entry when the minutes are over, or
before something else happens to the draft: it says what changed since the first.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import AuditEntry, record
from sergio.database.company_scope import COMPANY
from sergio.extensions import db

TOGETHER = timedelta(minutes=10)
EDITED, REVISED = "edited", "revised"
LAST = (
    select(AuditEntry)
    .where(AuditEntry.company_id == COMPANY, AuditEntry.customer_id == bindparam("customer_id"))
    .where(AuditEntry.subject == bindparam("subject"), AuditEntry.subject_id == bindparam("subject_id"))
    .where(AuditEntry.action.in_((EDITED, REVISED)))
    .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    .limit(1)
)
"""The last change of a draft; an index has the few entries of its customer."""


def last_edit(draft: Any) -> AuditEntry | None:
    whose = {"company_id": draft.company_id, "customer_id": draft.customer_id}
    return db.session.scalar(LAST, {**whose, "subject": draft.__tablename__, "subject_id": draft.id})


def last_editor(draft: Any) -> str:
    """The name of who changed the draft last; "" if nobody did."""
    last = last_edit(draft)
    return last.actor_name if last else ""


def record_edit(draft: Any, before: dict, after: dict, *, by: Actor, at: datetime):
    """Note a change of a quote or an invoice, whose facts were `before` and are `after`. Needs its lock."""
    last = last_edit(draft)
    if last and last.action == EDITED and is_by(last, by) and at - last.at < TOGETHER:
        name = f"{draft.__tablename__}s.sum_up_edits"
        jobs.enqueue_once(name, draft.id, company=draft.company, at=last.at + TOGETHER, draft_id=draft.id)
        return
    sum_up(draft, before, at=at)
    record(draft, EDITED, by=by, at=at, before=before, after=after)


def sum_up(draft: Any, facts: dict, *, at: datetime):
    """Note what the last editor changed since their entry, if the `facts` of the draft are others now."""
    last = last_edit(draft)
    if last and last.action == EDITED and last.after != facts:
        by = Actor(last.actor_kind, last.actor_name, last.actor_id, last.ip_address, last.request_id)
        record(draft, EDITED, by=by, at=at, before=last.after, after=facts)


def is_by(entry: AuditEntry, by: Actor) -> bool:
    return (entry.actor_kind, entry.actor_id) == (by.kind, by.id)
