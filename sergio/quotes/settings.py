"""Settings -> Quotes: what a new quote begins with, and reminders."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.quotes.setting_forms import QuoteSettingsForm
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
def edit():
    return settings_page(QuoteSettingsForm(g.company))


@bp.post("")
@returns_form
def update():
    company = company_to_change()
    form = QuoteSettingsForm(company)
    if not form.validate_on_submit():
        return settings_page(form, 422)
    company.change_settings("changed_quote_settings", form.columns, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your settings for quotes are saved. Quotes you already have stay as they are."), "success")
    return redirect(url_for(".edit"), 303)


def settings_page(form: QuoteSettingsForm, status: int = 200):
    return page("quotes/settings/edit.html", "quote_settings", status=status, form=form)
