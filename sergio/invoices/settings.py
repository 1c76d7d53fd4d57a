"""Settings -> Invoices: numbers, payment terms, texts and reminders."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.invoices.setting_forms import InvoiceSettingsForm
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
SERIES = "invoice"


@bp.get("")
def edit():
    return settings_page(InvoiceSettingsForm(g.company, g.company.last_number(SERIES)))


@bp.post("")
@returns_form
def update():
    company = company_to_change()
    form = InvoiceSettingsForm(company, company.last_number(SERIES))
    if not form.validate_on_submit():
        return settings_page(form, 422)
    now = clock.now()
    if form.raises_number:
        company.raise_number(SERIES, int(form.next_number.data), by=g.actor, at=now)
    company.change_settings("changed_invoice_settings", form.values, by=g.actor, at=now)
    db.session.commit()
    flash(_("Your invoice settings are saved."), "success")
    return redirect(url_for(".edit"), 303)


def settings_page(form: InvoiceSettingsForm, status: int = 200):
    return page("invoices/settings/edit.html", "invoice_settings", status=status, form=form)
