"""Settings -> Customer portal: the welcome message, what customers see and change, and the portal's link."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request, url_for

from sergio.companies.current import company_to_change
from sergio.companies.forms import AccountsForm, VisibilityForm, WelcomeForm
from sergio.companies.welcome import VARIABLES, welcome
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.variables import unknown_variables
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("portal", __name__, url_prefix="/portal")


@bp.get("")
def edit():
    return show("message")


@bp.post("/welcome")
@returns_form
def update_welcome():
    """Save the welcome message; say which words in braces are no variables."""
    company = company_to_change()
    form = WelcomeForm(company)
    if not form.validate_on_submit():
        return show("message", 422, form=form)

    text = form.welcome.data or ""
    company.change_settings("changed_welcome", {"welcome": text}, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your welcome message is saved."), "success")
    if unknown := unknown_variables(text, VARIABLES):
        names = ", ".join(unknown)
        warning = ngettext(
            "We don't recognize %(names)s, so customers will see it exactly as you typed it.",
            "We don't recognize %(names)s, so customers will see them exactly as you typed them.",
            len(unknown),
            names=names,
        )
        flash(warning, "warning")
    return redirect(url_for(".edit"), 303)


@bp.get("/welcome/preview")
def preview_welcome():
    """The message that is being typed, as a customer would read it."""
    return show("preview", form=WelcomeForm(g.company, formdata=request.args))


@bp.post("/visibility")
@returns_form
def update_visibility():
    """Save what customers see."""
    company = company_to_change()
    form = VisibilityForm(company)
    if not form.validate_on_submit():
        return show("visibility", 422, visibility=form)

    company.change_settings("changed_visibility", form.switches, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your changes are saved and apply right away."), "success")
    return redirect(url_for(".edit"), 303)


@bp.post("/accounts")
@returns_form
def update_accounts():
    """Save what customers change without being asked."""
    company = company_to_change()
    form = AccountsForm(company)
    if not form.validate_on_submit():
        return show("accounts", 422, accounts=form)

    values = {"approves_addresses": form.approves_addresses.data}
    company.change_settings("changed_account_settings", values, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your changes are saved and apply right away."), "success")
    return redirect(url_for(".edit"), 303)


@bp.get("/qr.svg")
def qr_svg():
    return Response(qr_code("svg"), mimetype="image/svg+xml")


@bp.get("/qr.png")
def qr_png():
    return Response(qr_code("png"), mimetype="image/png")


def qr_code(kind: str) -> bytes:
    """The portal's address as a QR code, to print."""
    import segno

    picture = BytesIO()
    segno.make(g.company.url("/portal/?from=qr"), error="m").save(picture, kind=kind, scale=10, border=4)
    return picture.getvalue()


def show(block: str, status: int = 200, **filled):
    """The page with the forms that a request `filled` in, and new ones for the rest."""
    kinds: dict[str, Any] = {"form": WelcomeForm, "visibility": VisibilityForm, "accounts": AccountsForm}
    forms = {name: kind(g.company, formdata=None) for name, kind in kinds.items() if name not in filled} | filled
    return page(
        "companies/settings/portal.html",
        block,
        status=status,
        **forms,
        variables=VARIABLES,
        message=welcome(g.company, *SAMPLE, text=forms["form"].welcome.data or ""),
        url=g.company.url("/portal"),
    )


SAMPLE = ("Ana Ruiz", "Ana")
"""Name and first name of the customer in the preview of the welcome message."""
