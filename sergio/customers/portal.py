"""A contact's own account: name, phone, receipts, the emails they want; and their customer's service addresses."""

from flask import Blueprint, abort, flash, g, url_for

from sergio.customers.account import account_of
from sergio.customers.contact_forms import DetailsForm, EmailsForm
from sergio.customers.roles import EXPLAINED
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.outbox.kind import GROUPS
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.revalidation import revalidated

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@revalidated
def show():
    return account(DetailsForm(g.viewer.shown, g.viewer.company.country))


@bp.post("")
@returns_form
def update():
    """Change name, phone, and whether the contact gets all receipts."""
    contact = g.viewer.contact or abort(403)
    if not g.csrf_failed:
        g.viewer.customer.lock()
        db.session.refresh(contact)
    form = DetailsForm(contact, g.viewer.company.country)
    if not form.validate_on_submit():
        return account(form, 422)

    more = {"gets_receipts": form.gets_receipts.data, "by": g.viewer.by, "now": clock.now()}
    contact.change_details(*form.details, **more)
    db.session.commit()
    flash(_("Your details are saved."), "success")
    return go(url_for("portal.account.show"))


@bp.get("/emails")
def edit_emails():
    """Which emails the contact wants, of those that are not essential."""
    contact = g.viewer.shown
    return emails_page(EmailsForm(g.viewer.role, UnwantedEmail.kinds_of(contact)))


@bp.post("/emails")
@returns_form
def update_emails():
    contact = g.viewer.contact or abort(403)
    if not g.csrf_failed:
        db.session.refresh(contact, with_for_update=True)
    form = EmailsForm(g.viewer.role, UnwantedEmail.kinds_of(contact))
    if not form.validate_on_submit():
        return emails_page(form, 422)

    UnwantedEmail.choose(contact, form.unwanted, by=g.viewer.by, at=clock.now())
    db.session.commit()
    flash(_("Your choice is saved."), "success")
    return go(url_for("portal.account.show"))


def emails_page(form: EmailsForm, status: int = 200):
    return page("customers/portal/emails.html", "emails", status=status, form=form, groups=GROUPS)


def account(form: DetailsForm, status: int = 200):
    """The page with a form."""
    shown = g.viewer.shown
    found = account_of(shown, g.viewer.whose, g.viewer.company)
    facts = {"shown": shown, "explained": EXPLAINED[g.viewer.role], **found._asdict()}
    return page("customers/portal/account.html", "details", status=status, form=form, **facts)
