"""Forms about saved payment methods and automatic payments.

Each consent is a box that nobody ticked for the customer.
"""

from flask import request
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.auth.viewer import viewer
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import consents
from sergio.payments.bills import Bill
from sergio.payments.consents import Consent
from sergio.payments.methods import CARD, ONLINE
from sergio.payments.parts import named
from sergio.payments.stripe import currencies
from sergio.price_list.fields import PriceField
from sergio.web.forms import Form


class SavingForm(Form):
    """Agreeing that a payment method is saved; the button that was pressed says which kind."""

    agreed = BooleanField(validators=[InputRequired(_l("Tick the box to allow us to save it."))])

    def __init__(self, **more):
        super().__init__(**more)
        self.agreed.label.text = consents.to_save(viewer.company)

    @property
    def method(self) -> str:
        asked = request.form.get("method", CARD)
        return asked if asked in ONLINE else CARD


class MandateForm(Form):
    """Authorizing one debit of a bank account, which may be saved, too."""

    agreed = BooleanField(validators=[InputRequired(_l("Tick the box to authorize this payment."))])
    save = BooleanField(_l("Save this bank account for next time"))

    def __init__(self, bill: Bill, **more):
        super().__init__(**more)
        self.agreed.label.text = consents.to_debit(viewer.company, bill.amount, named(bill.invoices))


class AutoPayForm(Form):
    """Turning automatic payments on: with which method, up to which amount."""

    method = RadioField(_l("Pay with"), [InputRequired(_l("Choose a payment method."))], coerce=int)
    cap = PriceField(_l("Most to charge at once"), [InputRequired(_l("Enter an amount above zero."))])
    agreed = BooleanField(validators=[InputRequired(_l("Tick the box to turn automatic payments on."))])

    def __init__(self, methods, **more):
        super().__init__(**more)
        company = viewer.company
        self.cap.currency = company.currency
        self.method.choices = [(each.id, each.label) for each in methods]
        self.agreed.label.text = consents.to_charge(company, company.autopay_notice_days)

    def validate_cap(self, field):
        if not field.errors and not currencies.chargeable(field.data or 0, field.currency):
            raise ValidationError(_("Enter an amount that can be charged to a card."))


class StopForm(Form):
    """Why staff turn a customer's automatic payments off."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=300)])


def consent(version: str, text: str) -> Consent:
    """What the viewer has just agreed to, with what proves it."""
    browser = request.user_agent.string
    return Consent(version, text, viewer.name, clock.now(), request.remote_addr or "", browser)
