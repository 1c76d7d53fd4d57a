"""The customer's pages of their own people: who can use the account, and what each of them can do."""

from flask import Blueprint, Response, abort, flash, g, url_for

from sergio.auth import listing, people
from sergio.auth.forms import PersonForm
from sergio.auth.invitations import PortalInvitation
from sergio.auth.viewer import viewer
from sergio.customers.contact_forms import RoleForm
from sergio.customers.loading import owned
from sergio.customers.models import Contact
from sergio.customers.roles import EXPLAINED
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import add_error
from sergio.web.pages import go, page

bp = Blueprint("people", __name__, url_prefix="/account/people")


@bp.get("")
def index():
    """Who can use the account: the contacts of the viewer's customer, and whether they have signed in."""
    rows = listing.of_customer(viewer.company, viewer.customer.number, clock.now()) or []
    access = {contact.id: people.described(contact) for contact in viewer.customer.present_contacts}
    return page("auth/portal/people.html", rows=rows, access=access)


@bp.get("/new")
def new():
    return invite_page(PersonForm(viewer.company.currency))


@bp.post("")
@limits.people
@returns_form
def create():
    form = PersonForm(viewer.company.currency)
    if not form.validate_on_submit():
        return invite_page(form, 422)
    limits.count_mailbox("portal invitations to a mailbox", "3 per day", str(form.email.data))
    try:
        contact = people.invite(inviting(), **form.facts, by=viewer.by, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        add_error(form.email, str(refusal))
        return invite_page(form, 422)
    db.session.commit()
    flash(_("We emailed an invitation to %(email)s.", email=contact.email), "success")
    return go(url_for(".index"))


@bp.get("/<int:contact_id>")
def edit(contact_id):
    contact = owned(Contact, viewer.customer, contact_id)
    return person_page(contact, RoleForm(viewer.company.currency, contact))


@bp.post("/<int:contact_id>")
@returns_form
def update(contact_id):
    contact = contact_to_change(contact_id)
    form = RoleForm(viewer.company.currency, contact)
    if not form.validate_on_submit():
        return person_page(contact, form, 422)
    people.change_access(contact, inviting(), form.access, by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("The changes for %(name)s are saved.", name=contact.name), "success")
    return go(url_for(".index"))


@bp.post("/<int:contact_id>/invitation")
@limits.people
def invite_again(contact_id):
    """Email another invitation in place of the one before."""
    contact = contact_to_change(contact_id)
    limits.count_mailbox("portal invitations to a mailbox", "3 per day", contact.email)
    earlier = db.session.scalar(PortalInvitation.current(contact))
    PortalInvitation.send(contact, instead_of=earlier.id if earlier else 0, by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("We emailed an invitation to %(email)s.", email=contact.email), "success")
    return go(url_for(".index"))


@bp.post("/<int:contact_id>/removal")
def remove(contact_id):
    contact = contact_to_change(contact_id)
    people.remove(contact, inviting(), by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is removed, and can no longer sign in.", name=contact.name), "success")
    return go(url_for(".index"))


def inviting() -> Contact:
    """The contact who does it; 403 in a preview, which has none."""
    return viewer.contact or abort(403)


def contact_to_change(contact_id: int) -> Contact:
    """One of the viewer's people, with the customer locked."""
    if not g.csrf_failed:
        people.locked(inviting())
    return owned(Contact, viewer.customer, contact_id)


def invite_page(form: PersonForm, status: int = 200) -> Response:
    return page("auth/portal/invite.html", "invite", status=status, form=form, explained=EXPLAINED)


def person_page(contact: Contact, form: RoleForm, status: int = 200) -> Response:
    facts = {"contact": contact, "form": form, "explained": EXPLAINED}
    return page("auth/portal/person.html", "access", status=status, **facts)
