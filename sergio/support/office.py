"""Contact support: a message to the people who run the installation, with what they need to help."""

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import TooManyRequests

from sergio.audit.models import record
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.support.build import build
from sergio.support.emails import SupportRequest, requested
from sergio.support.forms import REFERENCE, SupportForm
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("support", __name__, url_prefix="/support")


@bp.get("")
def new():
    """The form, with the subject and the reference number of the page that links to it."""
    error = request.args.get("error", "")
    asked = {
        "subject": request.args.get("subject", "").replace("\0", "")[:120],
        "error": error if REFERENCE.fullmatch(error) else "",
    }
    return show(SupportForm(formdata=None, data=asked))


@bp.post("")
@returns_form
def create():
    """Put the message into the outbox. Over the limit it stays in the form."""
    form = SupportForm()
    if not form.validate_on_submit() or not address():
        return show(form, 422)
    try:
        limits.support.count()
    except TooManyRequests:
        form.form_errors.append(_("You've sent several messages already. Wait an hour, then send this one."))
        return show(form, 429)

    asked = request_of(form)
    requested(g.company, address(), asked)
    record(g.sign_in.staff, "asked_support", by=g.actor, at=clock.now(), after={"subject": asked.subject})
    db.session.commit()
    flash(_("Your message is on its way. The reply comes to %(email)s.", email=current_user.email), "success")
    return redirect(url_for(".new"), 303)


def show(form: SupportForm, status: int = 200):
    return page("support/office/new.html", status=status, form=form, build=build(), reachable=bool(address()))


def request_of(form: SupportForm) -> SupportRequest:
    member = {"name": current_user.name, "email": current_user.email, "role": current_user.role}
    texts = {"subject": form.subject.data, "message": form.message.data, "error": form.error.data or ""}
    return SupportRequest(**texts, **member, build=build())


def address() -> str:
    """The support address of the installation; "" if it has none."""
    return current_app.config["SERGIO"].support_email
