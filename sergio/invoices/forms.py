"""The forms of invoices: payment terms, drafts, sending, and corrections."""

from flask import request
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.companies.models import Company
from sergio.customers.forms import only_place, place_choices, place_of
from sergio.invoices import terms
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.fields import PriceField
from sergio.web.forms import Form

CUSTOM, ON_DAY, USUAL = "custom", "day", ""
TOO_LONG = _l("Use at most 4,000 characters.")
NEEDS_TITLE = DataRequired(_l("Enter a title."))
SHORT_TITLE = Length(max=200, message=_l("Use at most 200 characters."))
LONGEST_REASON = 200
FIRST_YEAR, LAST_YEAR = 2000, 2999


def terms_choices(chosen: int | None) -> list[tuple[str, str]]:
    """Values and labels of the usual payment terms and of those chosen now, and of another number of days."""
    offered = sorted({*terms.USUAL, *([] if chosen is None else [chosen])})
    return [*((str(each), terms.label(each)) for each in offered), (CUSTOM, _("Another number of days"))]


class TermsForm(Form):
    """Payment terms: one of the usual ones, or another number of `days`."""

    payment_terms = SelectField(_l("Payment terms"), [InputRequired(_l("Choose payment terms."))], choices=[])
    days = StringField(_l("Days until due"), [Length(max=20)])

    def validate_days(self, field):
        if self.payment_terms.data != CUSTOM:
            return
        text = field.data or ""
        if not (text.isascii() and text.isdecimal() and len(text) < 5 and int(text) <= terms.MOST_DAYS):
            raise ValidationError(_("Enter a number of days from 0 to %(most)s.", most=terms.MOST_DAYS))

    @property
    def payment_days(self) -> int | None:
        """The chosen terms; None for those of the customer or the company, and for a day."""
        chosen = self.payment_terms.data
        if chosen in (USUAL, ON_DAY):
            return None
        return int((self.days.data if chosen == CUSTOM else chosen) or 0)


class CustomerTermsForm(TermsForm):
    """The payment terms of one customer."""

    def __init__(self, company: Company, chosen: int | None, **more):
        super().__init__(data={"payment_terms": USUAL if chosen is None else str(chosen)}, **more)
        usual = _("Your usual terms (%(terms)s)", terms=terms.label(company.payment_days))
        self.payment_terms.choices = [(USUAL, usual), *terms_choices(chosen)]
        self["payment_terms"].validators = []


class NewDraftForm(Form):
    """What a new invoice of a customer is about, and where."""

    title = StringField(_l("What is the invoice for?"), [NEEDS_TITLE, SHORT_TITLE])
    place = SelectField(_l("Service address"), choices=[])

    def __init__(self, customer, **more):
        super().__init__(data={"place": only_place(customer)}, **more)
        self.customer = customer
        self.place.choices = place_choices(customer)

    @property
    def chosen_place(self):
        return place_of(self.customer, self.place.data)


class DraftForm(TermsForm):
    """Everything of a draft but its lines. `is_outdated` once it has another revision than the page that was sent."""

    title = StringField(_l("Title"), [NEEDS_TITLE, SHORT_TITLE])
    place = SelectField(_l("Service address"), choices=[])
    due_on = DateField(_l("Due day"), [Optional()])
    notes = TextAreaField(_l("Notes"), [Length(max=4000, message=TOO_LONG)])
    terms = TextAreaField(_l("Terms"), [Length(max=4000, message=TOO_LONG)])

    def __init__(self, draft: Invoice, **more):
        super().__init__(data=stored_draft(draft), **more)
        self.draft = draft
        usual = _("Usual terms (%(terms)s)", terms=terms.label(draft.usual_days))
        rest = terms_choices(draft.payment_days)
        self.payment_terms.choices = [(USUAL, usual), *rest, (ON_DAY, _("On a certain day"))]
        self["payment_terms"].validators = []
        self.place.choices = place_choices(draft.customer, draft.place)

    def validate(self, extra_validators=None) -> bool:
        return super().validate(extra_validators) and self._check_due_day()

    def _check_due_day(self) -> bool:
        """A certain day has to be chosen, within reason."""
        on = self.due_on.data
        if self.payment_terms.data != ON_DAY or (on and FIRST_YEAR <= on.year <= LAST_YEAR):
            return True
        self["due_on"].errors = [_("Choose the day on which it is due.")]
        return False

    @property
    def is_outdated(self) -> bool:
        return request.form.get("revision", type=int) != self.draft.revision

    @property
    def values(self) -> dict:
        """The values for `Invoice.edit`."""
        on = self.due_on.data if self.payment_terms.data == ON_DAY else None
        texts = {"title": self.title.data, "notes": self.notes.data or "", "terms": self.terms.data or ""}
        place = place_of(self.draft.customer, self.place.data)
        return {**texts, "place": place, "due_on": on, "payment_days": self.payment_days}


def stored_draft(draft: Invoice) -> dict:
    """The values of the fields."""
    shown = {name: getattr(draft, name) for name in ("title", "notes", "terms", "due_on")}
    days = USUAL if draft.payment_days is None else str(draft.payment_days)
    place = str(draft.place.number) if draft.place else ""
    return {**shown, "payment_terms": ON_DAY if draft.due_on else days, "place": place}


class SendForm(Form):
    """To whom an invoice is emailed, with a message."""

    to = SelectField(_l("To"), [InputRequired(_l("Choose whom to send it to."))], coerce=int, choices=[])
    message = TextAreaField(_l("Message"), [Length(max=2000, message=_l("Use at most 2,000 characters."))])

    def __init__(self, contacts: list, **more):
        super().__init__(**more)
        self.contacts = {contact.id: contact for contact in contacts}
        self.to.choices = [(contact.id, f"{contact.name} <{contact.email}>") for contact in contacts]

    @property
    def contact(self):
        return self.contacts[self.to.data]


class EntryForm(Form):
    """A form that enters something into a ledger. `seen` is how many entries the ledger had on the page, so that what
    two people enter at once, or one of them twice, is entered once.
    """

    seen = HiddenField()

    def __init__(self, invoice: Invoice, **more):
        super().__init__(**more)
        self.invoice = invoice
        self.entries = str(len(invoice.entries))
        if not self.seen.data:
            self.seen.data = self.entries

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        if self.seen.data == self.entries:
            return valid
        self.seen.data = self.entries
        self.form_errors.append(_("This invoice just changed. Check the amounts below, then save again."))
        return False


def reason_field() -> StringField:
    """Made anew for each form: fields have the order in which they were made."""
    return StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=LONGEST_REASON)])


class ReasonForm(EntryForm):
    """Why something is written off or undone."""

    reason = reason_field()


class CreditForm(EntryForm):
    """How much is taken off what is due, and why."""

    amount = PriceField(_l("Amount"), [InputRequired(_l("Enter an amount above zero."))])
    reason = reason_field()

    def __init__(self, invoice: Invoice, **more):
        super().__init__(invoice, **more)
        self.amount.currency = invoice.currency

    def validate_amount(self, field):
        if field.errors:
            return
        if not field.data:
            raise ValidationError(_("Enter an amount above zero."))
        if field.data > self.invoice.due:
            due = self.invoice.money(self.invoice.due)
            raise ValidationError(_("Only %(amount)s is due on this invoice.", amount=due))


class PauseForm(Form):
    """Whether the automatic reminders of an invoice are paused."""

    paused = BooleanField(_l("Pause reminders"))
