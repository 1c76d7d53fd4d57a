"""Who changed the draft of a quote last, and when."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from sergio.audit.models import AuditEntry
from sergio.database.company_scope import COMPANY
from sergio.extensions import db


class Edit(NamedTuple):
    """The person and the time of a change."""

    actor_name: str
    at: datetime


LAST = (
    select(AuditEntry.actor_name, AuditEntry.at)
    .where(AuditEntry.company_id == COMPANY, AuditEntry.subject == "quote", AuditEntry.action == "edited")
    .where(AuditEntry.subject_id == bindparam("quote_id"))
    .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    .limit(1)
)


def last_edit(quote) -> Edit | None:
    row = db.session.execute(LAST, {"company_id": quote.company_id, "quote_id": quote.id}).first()
    return Edit(*row) if row else None
