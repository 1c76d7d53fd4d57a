"""Settings -> Company profile: name, contact details and address; time zone, currency and language."""

from flask import Blueprint, flash, g, redirect, request, url_for

from sergio.companies.current import company_to_change
from sergio.companies.forms import ProfileForm, RegionForm
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("company", __name__, url_prefix="/company")


@bp.get("")
def edit():
    return show("profile", ProfileForm(g.company), RegionForm(g.company))


@bp.post("")
@returns_form
def update():
    """Save name, contact details and address."""
    company = company_to_change()
    form = ProfileForm(company)
    if not form.validate_on_submit():
        return show("profile", form, RegionForm(company, formdata=None), 422)

    company.change_settings("changed_profile", form.profile, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your company profile is saved."), "success")
    return redirect(url_for(".edit"), 303)


@bp.get("/address")
def address():
    """The form with the address fields of another country."""
    return show("profile", ProfileForm(g.company, formdata=request.args), RegionForm(g.company, formdata=None))


@bp.post("/region")
@returns_form
def update_region():
    """Save time zone, currency and language."""
    company = company_to_change()
    form = RegionForm(company)
    if not form.validate_on_submit():
        return show("region", ProfileForm(company, formdata=None), form, 422)

    now = clock.now()
    company.change_currency(form.currency.data or company.currency, by=g.actor, at=now)
    company.change_settings("changed_time_zone", {"time_zone": form.time_zone.data}, by=g.actor, at=now)
    company.change_settings("changed_language", {"language": form.language.data}, by=g.actor, at=now)
    db.session.commit()
    flash(_("Time zone, currency, and language are saved."), "success")
    return redirect(url_for(".edit"), 303)


def show(block: str, form: ProfileForm, region: RegionForm, status: int = 200):
    return page("companies/settings/profile.html", block, status=status, form=form, region=region)
