"""Telling a contact that somebody signed in on a device that is new to us."""

from sqlalchemy import bindparam, select

from sergio.auth import emails
from sergio.auth.models import SignIn
from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.extensions import db

EARLIER = (
    select(SignIn.id)
    .where(SignIn.company_id == COMPANY, SignIn.email == bindparam("email"), SignIn.staff_id.is_(None))
    .where(SignIn.id < bindparam("id"))
    .limit(1)
)


def tell_of_new_device(sign_in: SignIn, person):
    """Email the contact, unless it is the first sign-in of that address. Staff see their devices in the office."""
    db.session.flush()
    asked = {"company_id": sign_in.company_id, "email": sign_in.email, "id": sign_in.id}
    if isinstance(person, Contact) and db.session.scalar(EARLIER, asked):
        emails.new_device(person, sign_in.browser, at=sign_in.created_at)
