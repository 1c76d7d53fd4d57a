"""The form of Settings -> Invoices."""

import re

from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.companies.models import TEST_NUMBERS, Company
from sergio.invoices.forms import TOO_LONG, TermsForm, terms_choices
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import ngettext
from sergio.price_list.fields import TaxRateField

REMINDERS = (-7, -3, 0, 3, 7, 14, 30)
PREFIX = re.compile(r"[\w./#-]*")


def reminder_label(days: int) -> str:
    if days == 0:
        return _("On the day it is due")
    if days < 0:
        return ngettext("%(num)s day before it is due", "%(num)s days before it is due", -days)
    return ngettext("%(num)s day after it was due", "%(num)s days after it was due", days)


class InvoiceSettingsForm(TermsForm, SettingsForm):
    """Numbers, payment terms, texts and reminders of a company's invoices. `agreed` is the next number for which the
    page has said which numbers are left out.
    """

    invoice_prefix = StringField(_l("Prefix"), [Length(max=12, message=_l("Use at most 12 characters."))])
    next_number = StringField(_l("Next number"), [InputRequired(_l("Enter a number.")), Length(max=20)])
    agreed = HiddenField()
    tax_ppm = TaxRateField(_l("Tax rate of new lines"))
    invoice_notes = TextAreaField(_l("Notes"), [Length(max=4000, message=TOO_LONG)])
    terms = TextAreaField(_l("Terms"), [Length(max=4000, message=TOO_LONG)])
    reminder_days = SelectMultipleField(_l("Remind customers by email"), coerce=int, choices=[])

    def __init__(self, company: Company, last_number: int, **more):
        self.last_number = last_number
        stored = {name: getattr(company, name) for name in ("invoice_prefix", "tax_ppm", "invoice_notes", "terms")}
        stored["payment_terms"] = str(company.payment_days)
        stored["reminder_days"] = sorted(company.reminder_days)
        super().__init__(stored | {"next_number": str(last_number + 1)}, **more)
        self.payment_terms.choices = terms_choices(company.payment_days)
        self.reminder_days.choices = [(days, reminder_label(days)) for days in REMINDERS]

    def validate_invoice_prefix(self, field):
        if not PREFIX.fullmatch(field.data or ""):
            raise ValidationError(_("Use letters, digits, and the characters - . / # _ only."))

    def validate_next_number(self, field):
        text = field.data or ""
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) < TEST_NUMBERS):
            raise ValidationError(_("Enter a whole number."))
        first, following = self.last_number + 1, int(text)
        if following < first:
            raise ValidationError(_("The next number is %(number)s. You can only raise it.", number=first))
        if following > first and self.last_number and self.agreed.data != text:
            self.agreed.data = text
            raise ValidationError(left_out(first, following - 1))

    @property
    def raises_number(self) -> bool:
        """Whether another next number was chosen than follows anyway, however many are issued meanwhile."""
        return int(self.next_number.data or 0) > self.last_number + 1

    @property
    def values(self) -> dict:
        """The values by column of `Company`."""
        kept = {name: self[name].data or "" for name in ("invoice_prefix", "invoice_notes", "terms")}
        kept["tax_ppm"] = self.tax_ppm.data or 0
        return kept | {"payment_days": self.payment_days, "reminder_days": sorted(self.reminder_days.data or [])}


def left_out(first: int, last: int) -> str:
    """What a higher next number means, and how to confirm it."""
    if first == last:
        return _("Number %(number)s will never be used. Save again if you want that.", number=first)
    return _("Numbers %(first)s to %(last)s will never be used. Save again if you want that.", first=first, last=last)
