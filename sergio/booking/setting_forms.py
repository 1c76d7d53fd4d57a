"""The forms of Settings -> Booking and Settings -> Services."""

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.booking.fields import DurationField
from sergio.booking.formats import DAY, HOUR, length, of_minute
from sergio.booking.services import CARD_ON_FILE, CHOICE, DEPOSIT, KINDS, NUMBER, TEXT, Service, ServiceQuestion
from sergio.companies.forms import SettingsForm
from sergio.companies.models import SLOT_MINUTES, Company
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.fields import PriceField
from sergio.staff.models import StaffMember
from sergio.web.forms import Form, Whole, between

INSTANT, APPROVAL, COMPANY = "instant", "approval", "company"
NOTHING = "nothing"
FROM, FIXED, ON_REQUEST = "from", "fixed", "request"
MOST_LEAD, MOST_WINDOW, MOST_LENGTH = 365 * DAY, 90 * DAY, 14 * DAY
MOST_OPTIONS = 20
NEEDED = InputRequired()


class BookingRulesForm(SettingsForm):
    """When customers can book online, and until when they can change an appointment."""

    booking_open = BooleanField(_l("Customers can book online"))
    new_customers_book = BooleanField(_l("New customers can book, too"))
    booking_message = TextAreaField(_l("Message while online booking is off"), [Length(max=500)])
    approval = RadioField(_l("When a customer books"), choices=[])
    lead_minutes = DurationField(_l("Minimum notice"), least=0, most=MOST_LEAD)
    horizon_days = Whole(_l("How far ahead customers can book, in days"), [NEEDED, between(1, 365)])
    slot_minutes = RadioField(_l("Appointments start every"), coerce=int, choices=[])
    most_bookings = Whole(_l("Maximum upcoming appointments per customer"), [NEEDED, between(1, 100)])
    reschedule_minutes = DurationField(_l("Reschedule cutoff"), least=0, most=MOST_WINDOW)
    cancel_minutes = DurationField(_l("Cancellation cutoff"), least=0, most=MOST_WINDOW)
    emails_summary = BooleanField(_l("Email customers a summary when an appointment is done"))
    reminds_days_before = BooleanField(_l("Remind customers two days before"))
    reminds_hours_before = BooleanField(_l("Remind customers two hours before"))
    quiet_from = SelectField(_l("Quiet from"), [NEEDED], coerce=int, choices=[])
    quiet_until = SelectField(_l("Quiet until"), [NEEDED], coerce=int, choices=[])

    def __init__(self, company: Company, **more):
        stored = {name: getattr(company, name) for name in RULES}
        super().__init__(stored | {"approval": APPROVAL if company.booking_approval else INSTANT}, **more)
        self.approval.choices = [
            (INSTANT, _("It's booked right away")),
            (APPROVAL, _("It's a request until you confirm it")),
        ]
        self.slot_minutes.choices = [(minutes, length(minutes)) for minutes in SLOT_MINUTES]
        for field in (self.quiet_from, self.quiet_until):
            field.choices = [(hour, of_minute(hour * HOUR)) for hour in range(24)]

    @property
    def rules(self) -> dict:
        """The values by column of `Company`."""
        kept = {name: self[name].data for name in RULES}
        kept["booking_message"] = kept["booking_message"] or ""
        return kept | {"booking_approval": self.approval.data == APPROVAL}


RULES = (
    *("booking_open", "new_customers_book", "booking_message", "lead_minutes", "horizon_days", "slot_minutes"),
    *("most_bookings", "reschedule_minutes", "cancel_minutes", "emails_summary"),
    *("reminds_days_before", "reminds_hours_before", "quiet_from", "quiet_until"),
)


class ServiceForm(SettingsForm):
    """A service as customers see and book it; `service` is None for a new one."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=120)])
    description = TextAreaField(_l("Description"), [Length(max=1000)])
    bookable = BooleanField(_l("Customers can book it online"))
    minutes = DurationField(_l("Duration"), least=5, most=MOST_LENGTH, units=("minutes", "hours", "days"))
    buffer_minutes = DurationField(_l("Time between appointments"), least=0, most=DAY, units=("minutes", "hours"))
    price_kind = RadioField(_l("Price"), choices=[])
    price = PriceField(_l("Amount"))
    done_by = SelectMultipleField(_l("Who does it"), coerce=int, choices=[])
    lead_minutes = DurationField(_l("Minimum notice"), least=0, most=MOST_LEAD, optional=True)
    approval = SelectField(_l("When a customer books"), [NEEDED], choices=[])
    guarantee = RadioField(_l("To book, customers"), choices=[])
    deposit = PriceField(_l("Deposit"))

    def __init__(self, company: Company, staff: list, service: Service | None = None, **more):
        super().__init__(stored(service), **more)
        self.price.currency = self.deposit.currency = company.currency
        self.guarantee.choices = [
            (NOTHING, _("Pay nothing")),
            (DEPOSIT, _("Pay a deposit")),
            (CARD_ON_FILE, _("Save a card")),
        ]
        self.price_kind.choices = [
            (FROM, _("Starting price")),
            (FIXED, _("Fixed price")),
            (ON_REQUEST, _("Price on request")),
        ]
        default = _("needs your approval") if company.booking_approval else _("is booked right away")
        self.approval.choices = [
            (COMPANY, _("Use your booking rules (%(default)s)", default=default)),
            (INSTANT, _("It's booked right away")),
            (APPROVAL, _("It's a request until you confirm it")),
        ]
        self.done_by.choices = [(member.id, who(member)) for member in staff]

    def validate_price(self, field):
        if self.price_kind.data in (FROM, FIXED) and field.data is None and not field.errors:
            raise ValidationError(_("Enter an amount, or choose “Price on request”."))

    def validate_deposit(self, field):
        if self.guarantee.data == DEPOSIT and not field.data and not field.errors:
            raise ValidationError(_("Enter the amount of the deposit."))

    @property
    def done_by_ids(self) -> list[int]:
        return [int(staff_id) for staff_id in self.done_by.data or []]

    @property
    def columns(self) -> dict:
        """The values by column of `Service`."""
        names = ("name", "bookable", "minutes", "buffer_minutes", "lead_minutes")
        kept = {name: self[name].data for name in names} | {"description": self.description.data or ""}
        kept["price"] = None if self.price_kind.data == ON_REQUEST else self.price.data
        kept["price_is_fixed"] = self.price_kind.data == FIXED
        kept["guarantee"] = "" if self.guarantee.data == NOTHING else self.guarantee.data
        kept["deposit"] = self.deposit.data if self.guarantee.data == DEPOSIT else None
        return kept | {"needs_approval": {INSTANT: False, APPROVAL: True}.get(str(self.approval.data))}


def who(member: StaffMember) -> str:
    """The name of someone who does a service; one the service names may have left, or get no appointments."""
    if member.left_at:
        return _("%(name)s (left the team)", name=member.name)
    return member.name if member.bookable else _("%(name)s (doesn't take appointments)", name=member.name)


def stored(service: Service | None) -> dict:
    """The values of the fields; for a new service, what is most likely."""
    if service is None:
        usual = {"minutes": 60, "buffer_minutes": 15, "price_kind": FROM, "approval": COMPANY, "guarantee": NOTHING}
        empty = {"name": "", "description": "", "price": None, "done_by": [], "lead_minutes": None, "deposit": None}
        return {"bookable": True, **usual, **empty}
    names = ("name", "description", "bookable", "minutes", "buffer_minutes", "price", "lead_minutes", "deposit")
    kind = ON_REQUEST if service.price is None else FIXED if service.price_is_fixed else FROM
    return {
        **{name: getattr(service, name) for name in names},
        "price_kind": kind,
        "guarantee": service.guarantee or NOTHING,
        "done_by": sorted(row.staff_id for row in service.only_by),
        "approval": {None: COMPANY, False: INSTANT, True: APPROVAL}[service.needs_approval],
    }


class QuestionForm(SettingsForm):
    """A question to customers; a choice has its options one a line."""

    wording = StringField(_l("Question"), [DataRequired(_l("Enter the question.")), Length(max=200)])
    kind = RadioField(_l("Answer"), choices=[])
    options = TextAreaField(_l("Options, one per line"), [Optional(), Length(max=2000)])
    required = BooleanField(_l("Customers have to answer it"))

    def __init__(self, question: ServiceQuestion | None = None, **more):
        values = {"wording": "", "kind": TEXT, "options": "", "required": False}
        if question:
            values = {name: getattr(question, name) for name in values} | {"options": "\n".join(question.options)}
        super().__init__(values, **more)
        labels = {TEXT: _("Text"), NUMBER: _("A number"), CHOICE: _("One of several options")}
        self.kind.choices = [(kind, labels[kind]) for kind in KINDS]

    @property
    def lines(self) -> list[str]:
        """The options, each once."""
        lines = (" ".join(line.split()) for line in (self.options.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, extra_validators=None) -> bool:
        return super().validate(extra_validators) and self._check_options()

    def _check_options(self) -> bool:
        if self.kind.data != CHOICE:
            return True
        if not 2 <= len(self.lines) <= MOST_OPTIONS:
            self["options"].errors = [_("Enter from 2 to %(most)s options, each on its own line.", most=MOST_OPTIONS)]
        elif max(map(len, self.lines)) > 200:
            self["options"].errors = [_("An option can have up to 200 characters.")]
        return not self.options.errors

    @property
    def columns(self) -> dict:
        """The values by column of `ServiceQuestion`."""
        options = self.lines if self.kind.data == CHOICE else []
        return {
            "wording": self.wording.data,
            "kind": self.kind.data,
            "options": options,
            "required": self.required.data,
        }


class MoveForm(Form):
    """The place in the list to move a service to; the first is 1."""

    to = Whole(validators=[NEEDED, between(0, 10_000)])
