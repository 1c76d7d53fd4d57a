"""The form of the support page."""

import re

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form

REFERENCE = re.compile(r"[A-Za-z0-9-]{1,40}")


class SupportForm(Form):
    """What somebody asks. `error` is the reference number of an error page."""

    subject = StringField(_l("Subject"), [DataRequired(_l("Enter a subject.")), Length(max=120)])
    message = TextAreaField(
        _l("What happened?"), [DataRequired(_l("Tell us what happened.")), Length(max=5000)], render_kw={"rows": 7}
    )
    error = StringField(
        _l("Reference number of an error"),
        [
            Optional(),
            Length(max=40),
            Regexp(REFERENCE.pattern + r"\Z", message=_l("Copy it as the error page shows it.")),
        ],
    )
