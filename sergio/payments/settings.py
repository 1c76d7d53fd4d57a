"""Settings -> Payments: how customers can pay online."""

from flask import Blueprint, current_app, flash, g, redirect, request, url_for

from sergio import pricing
from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.invoices import terms
from sergio.invoices.setting_forms import reminder_label
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments import csp
from sergio.payments.setting_forms import PaymentSettingsForm
from sergio.payments.stripe.connections import StripeConnection
from sergio.payments.stripe_status import StripeStatus
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
    csp.allow_account_form(current_app.config["SERGIO"])
    connection = db.session.scalar(StripeConnection.of(g.company))
    return page(
        "payments/settings/edit.html",
        "payment_settings",
        status=status,
        form=form,
        stripe=StripeStatus(g.company, connection),
        returned="returned" in request.args,
        terms=terms.label(g.company.payment_days),
        deposit=pricing.format_rate(g.company.quote_deposit_rate) if g.company.quote_deposit_rate else "",
        reminders=[reminder_label(days) for days in sorted(g.company.reminder_days)],
    )
