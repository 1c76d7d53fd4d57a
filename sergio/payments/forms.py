"""Forms for staff about payments."""

from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.invoices.forms import EntryForm
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import BY_HAND, METHODS
from sergio.price_list.fields import PriceField
from sergio.web.forms import Form

FIRST_YEAR = 2000
NOON = time(12)


class ClosingForm(Form):
    """Why an attempt is closed. `attempt` is the key of the one that the page showed."""

    attempt = HiddenField()
    reason = StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=500)])


class DismissalForm(Form):
    """Why an event that was set aside needs no action."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=500)])


class RecordForm(EntryForm):
    """A payment that came in another way than through Stripe. `surplus` is what the page has said would be overpaid, in
    minor units, so that saving once more means it is wanted.
    """

    amount = PriceField(_l("Amount"), [InputRequired(_l("Enter an amount above zero."))])
    method = SelectField(_l("Payment method"), [InputRequired(_l("Choose how it was paid."))], choices=[])
    reference = StringField(_l("Check or transfer number"), [Length(max=60)])
    received_on = DateField(_l("Received on"), [InputRequired(_l("Choose the day you received it."))])
    memo = StringField(_l("Memo"), [Length(max=100)])
    sends_receipt = BooleanField(_l("Email a receipt to the customer"))
    surplus = HiddenField()

    def __init__(self, invoice: Invoice, today: date, **more):
        self.today = today
        usual: dict[str, Any] = {"amount": invoice.due if invoice.due > 0 else None, "received_on": today}
        super().__init__(invoice, data=usual, **more)
        self.amount.currency = invoice.currency
        self.method.choices = [(method, METHODS[method]) for method in BY_HAND]

    def validate_amount(self, field):
        if field.errors:
            return
        if not field.data:
            raise ValidationError(_("Enter an amount above zero."))
        surplus = field.data - max(0, self.invoice.due)
        if surplus > 0 and self.surplus.data != str(surplus):
            self.surplus.data = str(surplus)
            due, over = self.invoice.money(max(0, self.invoice.due)), self.invoice.money(surplus)
            sentence = _("Only %(due)s is due, so this overpays it by %(over)s. Save again if that is right.")
            raise ValidationError(sentence % {"due": due, "over": over})

    def validate_received_on(self, field):
        if field.data and field.data > self.today:
            raise ValidationError(_("This day is in the future. Choose today or an earlier day."))
        if field.data and field.data.year < FIRST_YEAR:
            raise ValidationError(_("Choose a later day."))

    def received_at(self, now: datetime) -> datetime:
        """The instant to record it at: now, or noon of an earlier day."""
        on = self.received_on.data or self.today
        return now if on == self.today else datetime.combine(on, NOON, self.invoice.company.zone)

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `Payment.record`."""
        texts = {"reference": self.reference.data or "", "memo": self.memo.data or ""}
        amount = self.amount.data or 0
        surplus = max(0, amount - max(0, self.invoice.due))
        return {"amount": amount, "method": self.method.data, "surplus": surplus, **texts}
