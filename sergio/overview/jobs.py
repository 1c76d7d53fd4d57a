"""Once a day: closing the checklists that are done, which cost each dashboard a statement. And the end of a merge."""

from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.jobs import job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.overview import checklist, merging


@job("overview.close_checklists", label=_l("Closing finished checklists"))
def close_checklists():
    """The dashboard has not shown them since all was done, but still looked each time."""
    for company in db.session.scalars(select(Company).where(Company.checklist_since.is_not(None))).all():
        checklist.finish(company, by=BY_SYSTEM, at=clock.now())


@job("overview.move_again", label=_l("Finishing a merge of customers"))
def move_again(customer_id: int):
    """Move what a request that began before the merge added to the merged customer after it."""
    gone = db.session.get_one(Customer, customer_id)
    if gone.merged_into_id:
        merging.move_rows(gone.company_id, gone.merged_into_id, gone.id)
