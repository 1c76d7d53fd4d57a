"""The contacts that a run of invitations goes through, each with what the run does with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, distinct, exists, func, select
from sqlalchemy.orm import aliased

from sergio.auth.invitations import PortalInvitation
from sergio.auth.labels import (
    ARCHIVED,
    CHOSEN,
    EVERYONE,
    NEVER,
    NOT_ACTIVE,
    RECENT,
    REFUSED,
    SAME_MAILBOX,
    SENT,
    USES_PORTAL,
    WITHOUT_EMAIL,
)
from sergio.auth.listing import has_signed_in, is_invited, with_invitations
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, is_real
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.outbox.models import OutgoingEmail

LATELY = timedelta(hours=24)


def counted(company: Company, who: str, chosen: Sequence[int], now: datetime) -> dict[str, int]:
    """How many contacts a run that began now would find, by outcome."""
    counts: dict[str, int] = {}
    asked = parameters(company, who, chosen, now) | {"run_since": now}
    for outcome, contacts, addresses in db.session.execute(numbers(who), asked):
        counts[outcome] = addresses if outcome == SENT else contacts
        if outcome == SENT and contacts > addresses:
            counts[SAME_MAILBOX] = contacts - addresses
    return counts


def parameters(company: Company, who: str, chosen: Sequence[int], now: datetime) -> dict:
    """The parameters of all statements of this module but `run_since`, when the run began; `chosen` are ids."""
    ids = {"chosen": list(chosen)} if who == CHOSEN else {}
    return {"company_id": company.id, "since": now - LATELY, **ids}


@cache
def numbers(who: str) -> Select:
    """(outcome, contacts, different addresses)."""
    found = invitees(who).subquery()
    columns = found.c.outcome, func.count(), func.count(distinct(found.c.email_key))
    return select(*columns).group_by(found.c.outcome)


@cache
def invitees_after(who: str) -> Select:
    """The next `page` contacts behind the one with the id `after`."""
    page: Any = bindparam("page", type_=Integer)
    return invitees(who).where(Contact.id > bindparam("after")).order_by(Contact.id).limit(page)


def invitees(who: str) -> Select:
    """All contacts of a run, without test customers."""
    columns = Contact.id, Contact.email_key, outcome().label("outcome")
    rows = select(*columns).select_from(Contact).join(Customer, Contact.customer_id == Customer.id)
    rows = with_invitations(rows).where(Contact.company_id == COMPANY, Contact.left_at.is_(None))
    wanted = {
        NEVER: (~is_invited(), ~has_signed_in()),
        NOT_ACTIVE: (is_invited(), ~has_signed_in()),
        EVERYONE: (),
        CHOSEN: (Contact.id.in_(bindparam("chosen", expanding=True)),),
    }[who]
    return rows.where(is_real(Customer.number), *wanted)


def outcome() -> ColumnElement[str]:
    """What a run does with a contact, as things stand."""
    other = aliased(PortalInvitation)
    in_this_run = other.contact_id != Contact.id, other.sent_at >= bindparam("run_since", type_=Utc)
    return case(
        (Customer.archived_at.is_not(None), ARCHIVED),
        (Contact.email == "", WITHOUT_EMAIL),
        (has_signed_in(), USES_PORTAL),
        (was_sent(other, *in_this_run), SAME_MAILBOX),
        (and_(is_invited(), OutgoingEmail.refused_at.is_not(None)), REFUSED),
        (was_sent(other, other.sent_at >= bindparam("since", type_=Utc)), RECENT),
        else_=SENT,
    )


def was_sent(invitation: Any, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether such an invitation was sent to the contact's address, also as another customer's contact."""
    same = invitation.company_id == COMPANY, invitation.email == Contact.email_key
    return exists().where(*same, *which).correlate(Contact)
