"""Once a day: take the checklists that are done off the dashboards, where each costs a statement."""

from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.overview import checklist


@job("overview.close_checklists", label=_l("Closing finished checklists"))
def close_checklists():
    """The dashboard has not shown them since all was done, but still looked each time."""
    for company in db.session.scalars(select(Company).where(Company.checklist_since.is_not(None))).all():
        checklist.finish(company, by=BY_SYSTEM, at=clock.now())
