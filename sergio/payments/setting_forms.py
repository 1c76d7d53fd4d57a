"""The form of Settings -> Payments."""

from wtforms import BooleanField, RadioField, ValidationError
from wtforms.validators import InputRequired

from sergio.companies.forms import SettingsForm
from sergio.companies.models import Company
from sergio.companies.payment_settings import BILLING_TOO, PAYER
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.stripe import currencies
from sergio.price_list.fields import PriceField
from sergio.web.forms import Whole, add_error, between

COLUMNS = (
    *("accepts_cards", "accepts_bank_debits", "saves_methods", "offers_autopay", "autopay_notice_days"),
    *("allows_part_payments", "part_payment_minimum", "receipts_to", "copies_receipts"),
)
RECEIPTS_TO = {PAYER: _l("The person who paid"), BILLING_TOO: _l("The person who paid, and billing contacts")}


class PaymentSettingsForm(SettingsForm):
    """What customers may do. It is checked against what the company's account at Stripe can do."""

    accepts_cards = BooleanField(_l("Cards"))
    accepts_bank_debits = BooleanField(_l("Bank accounts (ACH)"))
    saves_methods = BooleanField(_l("Customers can save a payment method for later payments"))
    offers_autopay = BooleanField(_l("Customers can turn on automatic payments"))
    autopay_notice_days = Whole(
        _l("Days between the email and the charge"), [InputRequired(_l("Enter a whole number.")), between(1, 30)]
    )
    allows_part_payments = BooleanField(_l("Customers can pay a part of an invoice"))
    part_payment_minimum = PriceField(_l("Smallest part"))
    receipts_to = RadioField(_l("Email receipts to"), [InputRequired(_l("Choose who gets receipts."))], choices=[])
    copies_receipts = BooleanField(_l("Email us a copy of each receipt"))

    def __init__(self, company: Company, **more):
        self.company = company
        stored = {name: getattr(company, name) for name in COLUMNS}
        super().__init__(stored | {"part_payment_minimum": company.part_payment_minimum or None}, **more)
        self.part_payment_minimum.currency = company.currency
        self.receipts_to.choices = list(RECEIPTS_TO.items())

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        if self.accepts_cards.data or self.accepts_bank_debits.data:
            return valid
        add_error(self.accepts_cards, _("Choose cards, bank accounts, or both. Customers need a way to pay."))
        return False

    def validate_accepts_bank_debits(self, field):
        """What was accepted before can be kept while Stripe does not allow it: it is just not offered."""
        if field.data and not self.company.accepts_bank_debits and self.company.bank_debit_obstacle:
            raise ValidationError(self.company.bank_debit_obstacle)

    def validate_offers_autopay(self, field):
        if field.data and not self.saves_methods.data:
            raise ValidationError(_("Automatic payments need a saved payment method. Let customers save them, too."))

    def validate_part_payment_minimum(self, field):
        least = currencies.least(self.company.currency)
        if field.data and field.data < least:
            amount = self.company.money(least)
            raise ValidationError(_("Stripe charges at least %(amount)s. Enter that or more.", amount=amount))

    @property
    def columns(self) -> dict:
        """The values by column of `Company`."""
        return {name: self[name].data for name in COLUMNS} | {
            "part_payment_minimum": self.part_payment_minimum.data or 0
        }
