"""The form of Settings -> Quotes."""

from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from sergio.companies.forms import SettingsForm
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import ngettext
from sergio.price_list.fields import RateField
from sergio.web.forms import Whole, between

NEVER = ""
DAYS = (1, 2, 3, 5, 7, 14)
REMINDERS = ("quote_reminder_before", "quote_reminder_after")


class QuoteSettingsForm(SettingsForm):
    quote_days = Whole(_l("Days a new quote is valid"), [InputRequired(_l("Enter a whole number.")), between(1, 365)])
    quote_deposit_rate = RateField(_l("Deposit"))
    terms = TextAreaField(_l("Terms"), [Length(max=4000, message=_l("Use at most 4,000 characters."))])
    quote_reminder_before = SelectField(_l("Before a quote expires"), choices=[])
    quote_reminder_after = SelectField(_l("After a quote is sent"), choices=[])

    def __init__(self, company: Company, **more):
        kept = {name: getattr(company, name) for name in ("quote_days", "quote_deposit_rate", "terms")}
        super().__init__(kept | {name: str(getattr(company, name) or NEVER) for name in REMINDERS}, **more)
        for name in REMINDERS:
            self[name].choices = days(getattr(company, name))

    @property
    def columns(self) -> dict:
        """The values by column of `Company`."""
        kept = {"quote_days": self.quote_days.data, "quote_deposit_rate": self.quote_deposit_rate.data or 0}
        reminders = {name: int(self[name].data) if self[name].data else None for name in REMINDERS}
        return kept | {"terms": self.terms.data or ""} | reminders


def days(chosen: int | None) -> list[tuple[str, str]]:
    """The days to choose from, with the one that is chosen."""
    offered = sorted({*DAYS, *([chosen] if chosen else [])})
    return [
        (NEVER, _("No reminder")),
        *((str(each), ngettext("%(num)d day", "%(num)d days", each)) for each in offered),
    ]
