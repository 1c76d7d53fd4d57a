"""The form behind the buttons of the plans."""

from wtforms import SelectField

from sergio.companies.plans import SOLD
from sergio.web.forms import Form


class PlanForm(Form):
    """A plan that is sold."""

    plan = SelectField(choices=SOLD)
