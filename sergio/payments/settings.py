"""Settings -> Payments: what customers may do with their payment methods."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments.setting_forms import PaymentSettingsForm
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("payments", __name__, url_prefix="/payments")


@bp.get("")
def edit():
    return settings_page(PaymentSettingsForm(g.company))


@bp.post("")
@returns_form
def update():
    company = company_to_change()
    form = PaymentSettingsForm(company)
    if not form.validate_on_submit():
        return settings_page(form, 422)
    company.change_settings("changed_payment_settings", form.columns, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your settings for payments are saved."), "success")
    return redirect(url_for(".edit"), 303)


def settings_page(form: PaymentSettingsForm, status: int = 200):
    return page("payments/settings/edit.html", "payment_settings", status=status, form=form)
