"""Contacts with their access to the portal: those of a customer, a page of all, those that a run goes through."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from sergio.auth.formats import access_sentence, status_shown
from sergio.auth.invitations import PortalInvitation
from sergio.auth.labels import ACTIVE, BOUNCED, INVITED, NO_EMAIL, NONE, STATUS_LABELS, TABS, TONES
from sergio.auth.models import SignIn
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, is_real
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.outbox.models import OutgoingEmail
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

PATH = "/office/customers/invitations"
NEWEST = Order("newest", Contact.company_id, Contact.id, descending=True)
"""With the company, though it is always the same: by the id alone, SQLite would read the contacts of all companies."""
MOST = 50
"""Contacts of one customer that are shown."""


class ListedContact(NamedTuple):
    """A contact as pages show it; `invitation` is the id of the one that is not revoked, else 0."""

    id: int
    name: str
    email: str
    customer: str
    customer_number: int
    status: str
    tone: str
    label: str
    text: str
    invitation: int
    is_archived: bool


def page_of(company: Company, args, now: datetime) -> tuple[Paging, list[ListedContact]]:
    """A page of the company's contacts, the newest first. `args` is the query string."""
    paging = Paging(PATH, args, TABS)
    rows = paging.rows_of(contacts_page(paging.show), NEWEST, company_id=company.id)
    return paging, [as_row(row, company, now) for row in rows]


def of_customer(company: Company, number: int, now: datetime) -> list[ListedContact] | None:
    """The contacts of a customer, the oldest first; None where there is no such customer."""
    found = db.session.execute(contacts_of_customer(), {"company_id": company.id, "number": number}).all()
    return [as_row(row, company, now) for row in found if row.id] if found else None


@cache
def contacts_page(tab: str) -> Select:
    """A page of the contacts. They are found without joins, so that they are read in their order and only to the end of
    the page.
    """
    page = found(tab).subquery()
    rows = select(*columns()).select_from(page).join(Contact, Contact.id == page.c.id)
    rows = with_invitations(rows.join(Customer, Contact.customer_id == Customer.id))
    return rows.where(Contact.company_id == COMPANY).order_by(page.c.id.desc())


def found(tab: str) -> Select:
    """The ids of a page of a tab, without contacts who left, archived customers and the test customer."""
    theirs = Customer.company_id == COMPANY, Customer.id == Contact.customer_id, Customer.archived_at.is_(None)
    current = select(Customer.id).where(*theirs, is_real(Customer.number)).correlate(Contact).scalar_subquery()
    mine = Contact.company_id == COMPANY, Contact.left_at.is_(None), current.is_not(None), NEWEST.after
    rows = select(Contact.id).where(*mine).order_by(*NEWEST.by).limit(ROWS_AND_ONE)
    if tab == NO_EMAIL:
        return rows.where(Contact.email_key.is_(None))
    return rows if tab == "all" else rows.where(status() == tab)


@cache
def contacts_of_customer() -> Select:
    """The contacts of the customer with that number; a row without an id if there are none."""
    theirs = Contact.company_id == Customer.company_id, Contact.customer_id == Customer.id, Contact.left_at.is_(None)
    joined = with_invitations(select(*columns()).select_from(Customer).outerjoin(Contact, and_(*theirs)))
    rows = joined.where(Customer.company_id == COMPANY, Customer.number == bindparam("number"))
    return rows.order_by(Contact.id).limit(MOST)


def with_invitations(rows: Select) -> Select:
    """The same rows joined with the invitation that is not revoked, and its email."""
    invitation, email = PortalInvitation, OutgoingEmail
    current = invitation.company_id == COMPANY, invitation.contact_id == Contact.id, invitation.revoked_at.is_(None)
    its_email = email.company_id == COMPANY, email.message_id == invitation.message_id
    return rows.outerjoin(invitation, and_(*current)).outerjoin(email, and_(*its_email))


def columns() -> tuple[Any, ...]:
    invitation, email = PortalInvitation, OutgoingEmail
    waiting = and_(email.id.is_not(None), email.sent_at.is_(None))
    return (
        *(Contact.company_id, Contact.id, Contact.name, Contact.email),
        *(Customer.name.label("customer"), Customer.number.label("customer_number"), Customer.archived_at),
        *(invitation.id.label("invitation"), invitation.sent_at, invitation.expires_at, invitation.sent_by),
        *(email.refusal, waiting.label("is_waiting"), status().label("status"), last_seen().label("seen")),
    )


def status() -> ColumnElement[str]:
    """One of `labels.STATUSES`."""
    return case(
        (Contact.email_key.is_(None), NO_EMAIL),
        (has_signed_in(), ACTIVE),
        else_=func.coalesce(invited_or_bounced(), NONE),
    )


def invited_or_bounced() -> ColumnElement[str | None]:
    """The status that the current invitation gives; NULL without one to the address that the contact has now."""
    invitation, email = aliased(PortalInvitation), aliased(OutgoingEmail)
    its_email = email.company_id == COMPANY, email.message_id == invitation.message_id
    given = select(case((email.refused_at.is_not(None), BOUNCED), else_=INVITED)).select_from(invitation)
    mine = invitation.company_id == COMPANY, invitation.contact_id == Contact.id, invitation.revoked_at.is_(None)
    given = given.outerjoin(email, and_(*its_email)).where(*mine, invitation.email == Contact.email_key)
    return given.correlate(Contact).scalar_subquery()


def is_invited() -> ColumnElement[bool]:
    """Whether there is an invitation to the address that the contact has now, for rows of `with_invitations`."""
    return and_(PortalInvitation.id.is_not(None), PortalInvitation.email == Contact.email_key)


def has_signed_in() -> ColumnElement[bool]:
    """PostgreSQL looks up a value for each contact; for EXISTS it would read all sign-ins of the company once."""
    return last_seen().is_not(None)


def last_seen() -> ColumnElement[datetime]:
    return select(func.max(SignIn.seen_at)).where(*sign_ins()).correlate(Contact).scalar_subquery()


def sign_ins() -> tuple[ColumnElement[bool], ...]:
    return SignIn.company_id == COMPANY, SignIn.contact_id == Contact.id


def as_row(row: Row, company: Company, now: datetime) -> ListedContact:
    shown = status_shown(row, now)
    words = TONES[shown], str(STATUS_LABELS[shown]), access_sentence(shown, row, company)
    who = row.id, row.name, row.email, row.customer, row.customer_number
    return ListedContact(*who, shown, *words, row.invitation or 0, row.archived_at is not None)
