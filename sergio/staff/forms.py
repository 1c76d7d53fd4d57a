"""The forms of Settings -> Team hours and Settings -> Team."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.lib.email_addresses import LONGEST, well_formed
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.staff.labels import role_choices, weekdays
from sergio.staff.models import StaffMember, overlap
from sergio.web.forms import Form

MIDNIGHT = 24 * 60
MOST_PERIODS = 6
DAYS = [f"day_{weekday}" for weekday in range(7)]
FURTHEST = timedelta(days=3 * 366)


class PeriodsField(Field):
    """The working hours of one weekday: times in pairs, from and until, all of one name. `data` is [[opens, closes], …]
    in minutes of the day.
    """

    def __init__(self, label=None, validators=(), **more):
        super().__init__(label, validators, **more)
        self.typed: list[tuple[str, str]] | None = None

    def shown(self) -> list[tuple[str, str]]:
        """The pairs to show, and an empty one for more."""
        pairs = self.typed or [(clock_time(opens), clock_time(closes)) for opens, closes in self.data or []]
        return [*pairs, ("", "")][:MOST_PERIODS]

    def process_data(self, value):
        self.data = [list(period) for period in value or []]

    def process_formdata(self, valuelist):
        pairs = [
            (opens.strip(), closes.strip()) for opens, closes in zip(valuelist[::2], valuelist[1::2], strict=False)
        ]
        self.typed = [pair for pair in pairs if any(pair)]
        if len(self.typed) > MOST_PERIODS:
            raise ValueError(_("Enter up to %(most)s periods a day.", most=MOST_PERIODS))
        self.data = sorted([minute(opens), minute(closes) or MIDNIGHT] for opens, closes in self.typed)

    def pre_validate(self, form):
        periods = self.data if not self.errors else []
        if any(opens >= closes for opens, closes in periods):
            raise ValidationError(_("Each period has to end after it starts."))
        if overlap([(0, opens, closes) for opens, closes in periods]):
            raise ValidationError(_("Two periods overlap."))


def minute(text: str) -> int:
    """The minute of the day of "9:30" or "09:30"."""
    try:
        at = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day
    except ValueError:
        raise ValueError(_("Enter a start and an end for each period, such as 09:00 and 17:00.")) from None
    return at.hour * 60 + at.minute


def clock_time(minutes: int) -> str:
    """ "09:30", as the browser's time fields want it; the end of the day is "00:00"."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


class HoursForm(SettingsForm):
    """Weekly hours, one field a weekday, and the days to copy one of them to."""

    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (PeriodsField() for _weekday in range(7))
    copy = SelectField(choices=["", *"0123456"], default="")
    copy_to = SelectMultipleField(choices=[*"0123456"])

    def __init__(self, member: StaffMember, **more):
        stored = {
            day: [[row.opens, row.closes] for row in member.hours if row.weekday == n] for n, day in enumerate(DAYS)
        }
        super().__init__(stored, **more)
        for day, name in zip(DAYS, weekdays(), strict=True):
            self[day].label.text = name

    @property
    def days(self) -> list[PeriodsField]:
        return [self[day] for day in DAYS]

    @property
    def copied_to(self) -> list[int]:
        """The weekdays that get the hours of the one to copy."""
        return [int(weekday) for weekday in self.copy_to.data or []] if self.copy.data else []

    @property
    def periods(self) -> list[tuple[int, int, int]]:
        """The hours by weekday, with those copied."""
        by_day = dict(enumerate(field.data for field in self.days))
        by_day |= {weekday: by_day[int(self.copy.data or 0)] for weekday in self.copied_to}
        return [(weekday, opens, closes) for weekday, spans in by_day.items() for opens, closes in spans]


class TimeOffForm(Form):
    """A period off, on the company's clock: whole days unless times are given."""

    starts_on = DateField(_l("From"), [InputRequired(_l("Choose the first day."))])
    starts_time = TimeField(_l("Time"), [Optional()])
    ends_on = DateField(_l("Last day"), [Optional()])
    ends_time = TimeField(_l("Time"), [Optional()])
    note = StringField(_l("Note"), [Length(max=200)])

    def validate_starts_on(self, field):
        if field.data and not date(2000, 1, 1) <= field.data <= date.today() + FURTHEST:  # noqa: DTZ011 - a rough limit
            raise ValidationError(_("Choose a day within the next three years."))

    def validate(self, extra_validators=None) -> bool:
        return super().validate(extra_validators) and self._check_end()

    def _check_end(self) -> bool:
        """Without a last day, the first one is the last."""
        first, end = self["starts_on"].data, self["ends_on"]
        end.data = end.data or first
        if end.data - first > FURTHEST:
            end.errors = [_("Choose a day within the next three years.")]
        elif datetime.combine(*self._begin) >= datetime.combine(*self._end):
            end.errors = [_("The end has to be after the start.")]
        return not end.errors

    @property
    def _begin(self) -> tuple:
        """The day and the time of the start."""
        return self.starts_on.data, self.starts_time.data or time()

    @property
    def _end(self) -> tuple:
        """The day and the time of the end; the midnight after the last day where no time is given."""
        last = self["ends_on"].data
        return (last, self.ends_time.data) if self.ends_time.data else (last + timedelta(days=1), time())

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants. In the hour that is repeated in fall, the first of a start and the second of an end."""
        return datetime.combine(*self._begin, zone), datetime.combine(*self._end, zone).replace(fold=1)


class HolidaysForm(Form):
    """The suggested holidays to take off."""

    days = SelectMultipleField()

    def __init__(self, suggestions: list[tuple[date, str]], **more):
        super().__init__(**more)
        self.days.choices = [(on.isoformat(), name) for on, name in suggestions]

    def validate_days(self, field):
        if not field.data:
            raise ValidationError(_("Choose at least one holiday."))


def named(form, field):
    """Names have a character one can read: `first_name` needs a word."""
    if not field.data.split():
        raise ValidationError(_("Enter a name."))


class InviteForm(Form):
    """Someone to invite."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=120), named])
    email = EmailField(_l("Email"), [DataRequired(_l("Enter an email address.")), Length(max=LONGEST)])
    role = RadioField(_l("Role"), choices=[], default="technician")
    bookable = BooleanField(_l("Takes appointments"), default=True)

    def __init__(self, **more):
        super().__init__(**more)
        self.role.choices = role_choices()

    @property
    def columns(self) -> dict:
        """The values by column of `StaffMember`."""
        return {name: self[name].data for name in ("name", "email", "role", "bookable")}

    def validate_email(self, field):
        field.data = well_formed(field.data) or field.data
        if well_formed(field.data) is None:
            raise ValidationError(_("Enter a valid email address, such as name@example.com."))


class MemberForm(SettingsForm):
    """Name, role, and whether customers can book them."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=120), named])
    role = RadioField(_l("Role"), choices=[])
    bookable = BooleanField(_l("Takes appointments"))

    def __init__(self, member: StaffMember, **more):
        super().__init__({"name": member.name, "role": member.role, "bookable": member.bookable}, **more)
        self.role.choices = role_choices()

    @property
    def columns(self) -> dict:
        """The values by column of `StaffMember`."""
        return {name: self[name].data for name in ("name", "role", "bookable")}


class RemovalForm(Form):
    """Who takes the appointments of someone who leaves; 0 leaves them with the one who left."""

    successor = SelectField(_l("Who takes the upcoming appointments?"), coerce=int, choices=[], default=0)

    def __init__(self, colleagues: list[StaffMember], **more):
        super().__init__(**more)
        nobody = (0, _("Nobody for now"))
        self.successor.choices = [*((member.id, member.name) for member in colleagues), nobody]
