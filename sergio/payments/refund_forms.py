"""The form of a refund."""

from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import BY_HAND, METHODS
from sergio.payments.models import Payment
from sergio.payments.refund_requests import REASONS
from sergio.payments.refundable import left_of, left_of_charge, refunded_of
from sergio.price_list.fields import PriceField
from sergio.web.forms import Form

THROUGH_STRIPE = "stripe"
PART, WHOLE = "part", "whole"
SETTLED, DUE = "no", "yes"


class RefundForm(Form):
    """What is refunded of a payment. `refunded` is what the page showed as refunded before, in minor units, so that two
    people do not refund the same. `confirmed` is the total on the page that says who
    gets what, in minor units.
    """

    scope = RadioField(_l("What to refund"), choices=[], default=PART)
    amount = PriceField(_l("Amount"), [InputRequired(_l("Enter an amount above zero."))])
    method = SelectField(_l("How"), [InputRequired(_l("Choose how it is given back."))], choices=[])
    reason = SelectField(_l("Reason"), [InputRequired(_l("Choose a reason."))], choices=[])
    note = StringField(_l("Note"), [Length(max=200)])
    due_again = RadioField(_l("Does the customer still owe this amount?"), choices=[], default=SETTLED)
    refunded = HiddenField()
    confirmed = HiddenField()

    def __init__(self, payment: Payment, **more):
        usual = {"amount": left_of(payment), "refunded": str(refunded_of(payment))}
        super().__init__(data=usual, **more)
        self.payment = payment
        self.amount.currency = payment.currency
        invoice = payment.invoice
        through = [(THROUGH_STRIPE, _("Through Stripe, to %(method)s", method=payment.paid_with))]
        by_hand = [(method, METHODS[method]) for method in BY_HAND]
        self.method.choices = [*(through if payment.attempt_id else []), *by_hand]
        self.reason.choices = list(REASONS.items())
        part = _("An amount of this payment, for invoice %(number)s", number=invoice.reference)
        left = payment.money(left_of_charge(payment))
        self.scope.choices = [(PART, part), (WHOLE, _("All that was paid together: %(amount)s", amount=left))]
        self.due_again.choices = [
            (SETTLED, _("No. Invoice %(number)s is settled without it.", number=invoice.reference)),
            (DUE, _("Yes. The amount is due again on invoice %(number)s.", number=invoice.reference)),
        ]

    def validate_amount(self, field):
        if self.is_whole or field.errors:
            return
        left = left_of(self.payment)
        if not field.data:
            raise ValidationError(_("Enter an amount above zero."))
        if field.data > left:
            raise ValidationError(_("At most %(amount)s can be refunded.", amount=self.payment.money(left)))

    def validate_scope(self, field):
        if self.is_whole and self.method.data != THROUGH_STRIPE:
            raise ValidationError(_("What is given back by hand is recorded for each invoice on its own."))

    def validate_note(self, field):
        if self.reason.data == "other" and not (field.data or "").strip():
            raise ValidationError(_("Say why."))

    @property
    def is_whole(self) -> bool:
        return self.scope.data == WHOLE

    @property
    def total(self) -> int:
        """What is refunded, in minor units."""
        return left_of_charge(self.payment) if self.is_whole else self.amount.data or 0

    @property
    def through_stripe(self) -> bool:
        return self.method.data == THROUGH_STRIPE

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `RefundRequest.make`."""
        refunded = self.refunded.data or ""
        return {
            "whole": self.is_whole,
            "refunded": int(refunded) if refunded.isdecimal() and len(refunded) < 19 else -1,
            "reason": self.reason.data,
            "note": (self.note.data or "").strip(),
            "due_again": self.due_again.data == DUE,
            "method": "" if self.through_stripe else self.method.data,
        }
