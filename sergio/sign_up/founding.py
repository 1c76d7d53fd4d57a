"""Founding a company: its row with the formats of its country, and its owner."""

from datetime import datetime
from typing import NamedTuple

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies import portal_address
from sergio.companies.models import Company
from sergio.companies.plans import FREE
from sergio.extensions import db
from sergio.staff.models import OWNER, StaffMember


class NewCompany(NamedTuple):
    """What a company says about itself. `country` is ISO 3166-1, `currency` ISO 4217, `time_zone` of the IANA."""

    name: str
    subdomain: str
    country: str
    time_zone: str
    currency: str


def found(facts: NewCompany, *, owner_name: str, email: str, plan: str = FREE, by: Actor, at: datetime) -> StaffMember:
    """Add a company and its owner, who is returned; `Refused` if the subdomain was taken meanwhile.

    The owner's address is also the company's, until another one is entered: replies of customers must arrive. Booking
    is on, and the owner gets appointments; without services and hours there is nothing to book yet.
    """
    portal_address.take(facts.subdomain, now=at)
    company = Company(**facts._asdict(), plan=plan, email=email, checklist_since=at)
    owner = StaffMember(company=company, name=owner_name, email=email, role=OWNER, bookable=True)
    db.session.add_all([company, owner])
    db.session.flush()
    record(company, "created", by=by, at=at, after={**facts._asdict(), "plan": plan, "email": email})
    return owner
