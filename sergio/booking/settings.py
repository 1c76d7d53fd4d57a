"""Settings -> Booking: whether and when customers can book online."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.booking.setting_forms import BookingRulesForm
from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("booking", __name__, url_prefix="/booking")


@bp.get("")
def edit():
    return rules_page(BookingRulesForm(g.company))


@bp.post("")
@returns_form
def update():
    company = company_to_change()
    form = BookingRulesForm(company)
    if not form.validate_on_submit():
        return rules_page(form, 422)
    company.change_settings("changed_booking_rules", form.rules, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your booking rules are saved."), "success")
    return redirect(url_for(".edit"), 303)


def rules_page(form: BookingRulesForm, status: int = 200):
    return page("booking/settings/rules.html", "rules", status=status, form=form)
