"""The forms in which the office gives an appointment a time, cancels it, or proposes other times."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from sergio.booking.fields import DurationField
from sergio.booking.formats import DAY
from sergio.booking.labels import EVERY
from sergio.booking.requests import MOST_PROPOSED
from sergio.booking.series import MOST_TIMES
from sergio.booking.slots import QUARTER
from sergio.booking.time_picker import instant_of, value_of
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form

ANYONE = 0
FURTHEST = timedelta(days=5 * 365)
UNITS = ("minutes", "hours", "days")
SLOT_MARK = "~"


class PlanForm(Form):
    """A day and a time by the company's clock, or one of the free times offered (`slot`), a length and a person.

    `later` chooses the second of the two times of the hour that is repeated when clocks go back.
    """

    slot = StringField()
    staff = SelectField(_l("Who goes"), [InputRequired()], coerce=int, choices=[])
    on = DateField(_l("Day"))
    time = TimeField(_l("Time"), render_kw={"step": 900})
    later = BooleanField(_l("The second time that hour comes, after the clocks go back"))
    minutes = DurationField(_l("Length"), least=5, most=14 * DAY, units=UNITS, optional=True)
    tell = BooleanField(_l("Email the customer"))
    message = TextAreaField(_l("Message to the customer"), [Length(max=500)])
    anyway = BooleanField(_l("Schedule anyway"))

    def __init__(self, zone: ZoneInfo, today: date, people: list[tuple[int, str]], **more):
        super().__init__(**more)
        self.zone, self.today = zone, today
        self.staff.choices = people
        self.warnings: list[str] = []
        self.collisions: list[str] = []

    def validate_slot(self, field):
        if field.data and self.chosen is None:
            raise ValidationError(_("Choose one of the times."))

    def validate_on(self, field):
        field.errors.clear()
        if self.slot.data:
            raise StopValidation
        if field.data is None:
            raise StopValidation(_("Choose a day."))
        if abs(field.data - self.today) > FURTHEST:
            raise StopValidation(_("Choose a day within the next five years."))

    def validate_time(self, field):
        field.errors.clear()
        if self.slot.data:
            raise StopValidation
        if field.data is None:
            raise StopValidation(_("Choose a time."))
        if field.data.minute % QUARTER or field.data.second:
            raise StopValidation(_("Appointments start on a quarter hour, such as 9:00 or 9:15."))
        if self.is_skipped:
            raise StopValidation(_("That time does not exist on that day: clocks go forward. Choose another."))

    @property
    def chosen(self) -> tuple[datetime, int] | None:
        """The free time that was chosen, and its staff member."""
        at, _mark, staff_id = (self.slot.data or "").partition(SLOT_MARK)
        known = next((each for each, _name in self.staff.choices if str(each) == staff_id), None)
        starts_at = instant_of(at)
        fits = starts_at is not None and starts_at.timestamp() % (60 * QUARTER) == 0
        return (starts_at, known) if starts_at and fits and known is not None else None

    @property
    def typed(self) -> datetime | None:
        """The day and time that were typed, on the company's clock."""
        on, at = self.on.data, self.time.data
        if not isinstance(on, date) or not isinstance(at, time) or abs(on - self.today) > FURTHEST:
            return None
        return datetime.combine(on, at, self.zone)

    @property
    def local(self) -> datetime | None:
        """The same, the second of two equal times where that was chosen; None for what is no time to start."""
        typed = self.typed
        return None if typed is None or self.time.errors else typed.replace(fold=int(bool(self.later.data)))

    @property
    def is_skipped(self) -> bool:
        typed = self.typed
        return typed is not None and typed.astimezone(UTC).astimezone(self.zone).replace(fold=0) != typed

    @property
    def is_repeated(self) -> bool:
        """Whether that hour comes twice on that day."""
        local = self.local
        return local is not None and not self.is_skipped and repeats(local)

    @property
    def starts_at(self) -> datetime | None:
        chosen, local = self.chosen, self.local
        return chosen[0] if chosen else local and local.astimezone(UTC)

    @property
    def staff_id(self) -> int:
        chosen = self.chosen
        return chosen[1] if chosen else int(self.staff.data or 0)


def repeats(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def local_fields(at: datetime, zone: ZoneInfo) -> dict:
    """The fields of an instant."""
    local = at.astimezone(zone)
    return {"on": local.date(), "time": local.time().replace(second=0, microsecond=0), "later": bool(local.fold)}


def slot_value(at: datetime, staff_id: int) -> str:
    return f"{value_of(at)}{SLOT_MARK}{staff_id}"


class ScheduleForm(PlanForm):
    """A new appointment of a customer, perhaps one of several."""

    service = SelectField(_l("Service"), [InputRequired()], coerce=int, choices=[])
    place = SelectField(_l("Service address"), [InputRequired()], coerce=int, choices=[])
    note = TextAreaField(_l("Internal note"), [Length(max=2000)])
    every = SelectField(_l("Repeat"), [InputRequired()], coerce=int, choices=[])
    times = StringField(_l("How many appointments"), [Optional()])
    until = DateField(_l("Last day"), [Optional()])
    skip = BooleanField(_l("Skip these dates and schedule the rest"))
    customer = HiddenField()
    quote = HiddenField()

    def __init__(self, services: list[tuple[int, str]], places: list[tuple[int, str]], **more):
        super().__init__(**more)
        self.service.choices, self.place.choices = [(0, _("Choose a service")), *services], places
        self.left_out: dict[datetime, str] = {}
        self.every.choices = [(0, _("Only once")), *((weeks, str(label)) for weeks, label in EVERY.items())]

    def validate_service(self, field):
        if not field.data:
            raise StopValidation(_("Choose a service."))

    def validate_times(self, field):
        if self.weeks and field.data and field.data not in map(str, range(2, MOST_TIMES + 1)):
            raise ValidationError(_("Enter a number from 2 to %(most)s.", most=MOST_TIMES))

    def validate_until(self, field):
        starts_at = self.starts_at
        if not self.weeks or not field.data or not starts_at:
            return
        if self.times.data:
            raise ValidationError(_("Enter how many appointments, or the last day, not both."))
        first = starts_at.astimezone(self.zone).date()
        if not first < field.data <= first + (MOST_TIMES - 1) * timedelta(weeks=self.weeks):
            most = _("Choose a later day, for up to %(most)s appointments.", most=MOST_TIMES)
            raise ValidationError(f"{most} {_('Leave it empty for appointments that go on.')}")

    def last_day(self, first: date) -> date | None:
        """The last day of the series that begins on a day; None for one that goes on."""
        if self.times.data:
            return first + (int(self.times.data) - 1) * timedelta(weeks=self.weeks)
        return self.until.data

    @property
    def service_number(self) -> int:
        return int(self.service.data or 0)

    @property
    def place_number(self) -> int:
        return int(self.place.data or 0)

    @property
    def weeks(self) -> int:
        """How many weeks are between two of the appointments; 0 for only one."""
        return int(self.every.data or 0)


class MoveForm(PlanForm):
    """Another time, length or person for an appointment. `sequence` is the one that was seen, `back` the page to return
    to, `refusal` why the appointment could not be moved.
    """

    sequence = HiddenField()
    back = HiddenField()
    later_too = BooleanField(_l("Also move all later appointments of this series"))
    skip = BooleanField(_l("Leave these where they are and move the others"))
    refusal = ""

    def __init__(self, **more):
        super().__init__(**more)
        self.left_out: dict[datetime, str] = {}


class CancelForm(Form):
    """Canceling an appointment."""

    reason = TextAreaField(_l("Reason"), [Length(max=500)])
    tell = BooleanField(_l("Email the customer"))
    later_too = BooleanField(_l("Also cancel all later appointments of this series"))
    sequence = HiddenField()


class ProposalForm(Form):
    """Times that the office proposes instead of the one that was requested."""

    times = SelectMultipleField(_l("Times that would work"), choices=[])
    message = TextAreaField(_l("Message to the customer"), [Length(max=500)])
    sequence = HiddenField()

    def __init__(self, choices: list[tuple[str, str]], **more):
        super().__init__(**more)
        self.times.choices = choices

    def validate_times(self, field):
        if not 1 <= len(field.data or []) <= MOST_PROPOSED:
            raise ValidationError(_("Choose one to three times."))

    @property
    def proposed(self) -> list[tuple[datetime, int]]:
        pairs = (value.partition(SLOT_MARK) for value in self.times.data or [])
        return [(at, int(staff_id)) for value, _mark, staff_id in pairs if (at := instant_of(value))]
