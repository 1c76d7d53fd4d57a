"""Inviting customers to the portal: the list of contacts, and what staff do for one of them."""

from flask import Blueprint, abort, flash, g, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.auth import listing
from sergio.auth.invitation_runs import InvitationRun
from sergio.auth.invitations import PortalInvitation, send_sign_in_link
from sergio.customers.models import Contact, Customer
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.pages import go, page, page_asked_from, part
from sergio.web.revalidation import revalidated

bp = Blueprint("invitations", __name__)


@bp.get("/invitations")
@revalidated
def index():
    """All contacts with their access to the portal, filtered by `?show=`."""
    paging, rows = listing.page_of(g.company, request.args, clock.now())
    run = db.session.scalar(InvitationRun.unfinished(g.company))
    return page("auth/office/index.html", "contacts", paging=paging, rows=rows, run=run)


@bp.get("/<int:number>/portal-access")
def show(number):
    """The contacts of one customer; the customer's page shows this block."""
    contacts = listing.of_customer(g.company, number, clock.now())
    if contacts is None:
        abort(404)
    return part("auth/office/customer.html", "portal_access", contacts=contacts, number=number)


@bp.post("/<int:number>/contacts/<int:contact_id>/invitation")
@limits.portal_invitations
def invite(number, contact_id):
    """Email an invitation, the first one or another."""
    contact = own_contact(number, contact_id)
    count_mailbox(contact)
    seen = request.form.get("instead_of", 0, int)
    PortalInvitation.send(contact, instead_of=seen, by=g.actor, at=clock.now())
    db.session.commit()
    return done(number, _("We emailed an invitation to %(email)s.", email=contact.email))


@bp.post("/<int:number>/contacts/<int:contact_id>/revocation")
def revoke(number, contact_id):
    """Let the link of the invitation work no longer."""
    contact = own_contact(number, contact_id)
    if invitation := db.session.scalar(PortalInvitation.current(contact)):
        invitation.revoke(by=g.actor, at=clock.now())
        db.session.commit()
    return done(number, _("The invitation of %(name)s no longer works.", name=contact.name))


@bp.post("/<int:number>/contacts/<int:contact_id>/sign-in-link")
@limits.portal_invitations
def send_link(number, contact_id):
    """Email a sign-in link to a contact who uses the portal."""
    contact = own_contact(number, contact_id)
    send_sign_in_link(contact, by=g.actor, at=clock.now())
    db.session.commit()
    return done(number, _("We emailed a sign-in link to %(email)s.", email=contact.email))


def own_contact(number: int, contact_id: int) -> Contact:
    """The company's contact, of the customer with that number; 404 for any other."""
    mine = Contact.company_id == g.company.id, Contact.id == contact_id, Customer.number == number
    query = select(Contact).join(Customer, Contact.customer_id == Customer.id).where(*mine)
    return db.one_or_404(query.options(joinedload(Contact.customer)))


def count_mailbox(contact: Contact):
    """Let nobody fill a stranger's mailbox with invitations, whatever companies they come from."""
    if contact.email:
        limits.count_mailbox("portal invitations to a mailbox", "3 per day", contact.email)


def done(number: int, message: str):
    flash(message, "success")
    return go(page_asked_from(url_for("office.customers.show", number=number)))
