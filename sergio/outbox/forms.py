"""The form of an email's words."""

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import ngettext
from sergio.lib.variables import unknown_variables
from sergio.outbox.kind import Kind
from sergio.outbox.wording import LONGEST_OPENING, LONGEST_SUBJECT, Words


class WordingForm(SettingsForm):
    """The subject of a kind of email and the text above its document, with `{variables}` of that kind."""

    subject = StringField(
        _l("Subject"),
        [DataRequired(_l("Enter a subject.")), Length(max=LONGEST_SUBJECT, message=_l("Use at most 150 characters."))],
    )
    opening = TextAreaField(
        _l("Text"),
        [DataRequired(_l("Enter a text.")), Length(max=LONGEST_OPENING, message=_l("Use at most 2,000 characters."))],
    )

    def __init__(self, kind: Kind, words: Words, **more):
        super().__init__(words._asdict(), **more)
        self.kind = kind

    def validate_subject(self, field):
        self._refuse_unknown(field.data)

    def validate_opening(self, field):
        self._refuse_unknown(field.data)

    def _refuse_unknown(self, text: str):
        if names := unknown_variables(text, self.kind.offered):
            sentence = ngettext(
                "%(names)s is not a variable of this email. Choose one from the list, or remove it.",
                "%(names)s are not variables of this email. Choose some from the list, or remove them.",
                len(names),
                names=", ".join(names),
            )
            raise ValidationError(sentence)

    @property
    def words(self) -> Words:
        return Words(" ".join(self.subject.data.split()), "\n".join(self.opening.data.splitlines()))
