"""The forms of an import: the file, and what its columns are."""

from collections import Counter

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField, ValidationError
from wtforms.validators import InputRequired

from sergio.imports import columns, csv_file
from sergio.imports.columns import IGNORE, KINDS, NAMES, REPEATABLE
from sergio.imports.csv_file import LARGEST, CsvFile, UnreadableFile
from sergio.imports.models import LONGEST_NAME, SKIP_MATCHES, UPDATE_MATCHES, CustomerImport
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name
from sergio.web.forms import Form, add_error

TOO_LARGE = _l("This file is larger than 5 MB. Split it into several files.")
LONGEST_SAMPLE = 60


class UploadForm(Form):
    """A CSV file. The type the browser claims is never looked at."""

    file = FileField(_l("CSV file"))

    def refuse(self, sentence: str):
        add_error(self.file, sentence)

    def validate_file(self, field):
        self.content = b""
        self.name = ""
        if field.data:
            self.name = plain_name(field.data.filename or "")[-LONGEST_NAME:] or _("Without a name")
            with field.data.stream as stream:
                self.content = stream.read(LARGEST + 1)
        if not self.content:
            raise ValidationError(_("Choose a file first."))
        if len(self.content) > LARGEST:
            raise ValidationError(str(TOO_LARGE))

    def read(self) -> CsvFile | None:
        """The file's rows, which takes a moment for a large one; None with an error beside the field."""
        try:
            return csv_file.read(self.content)
        except UnreadableFile as problem:
            self.refuse(str(problem))
            return None


def facts_of(file: CsvFile) -> dict:
    """What a file seems to be, by column of `CustomerImport`."""
    headings = columns.has_headings(file)
    samples = [[shortened(value) for value in values] for values in columns.samples(file, headings=headings)]
    return {
        "rows": len(file.lines),
        "has_headings": headings,
        "first_row": [shortened(" ".join(cell.split())) for cell in file.lines[0].cells],
        "samples": samples,
        "columns": columns.guess(file, headings=headings),
    }


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"


class ColumnsForm(Form):
    """What each column is, and what happens to customers who are there already. `revision` is that of the page.

    No field is called `matches`: it would hide the method of that name from scripts.
    """

    revision = HiddenField()
    has_headings = BooleanField(_l("The first row has the names of the columns"))
    existing = RadioField(_l("Customers you already have"), [InputRequired(_l("Choose what happens to them."))])
    chosen: tuple[str, ...] = ()
    """The names of the fields of the columns."""

    @property
    def fields(self) -> list:
        return [self[name] for name in self.chosen]

    @property
    def columns(self) -> list[str]:
        return [field.data for field in self.fields]

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        return self._check_columns() and valid

    def _check_columns(self) -> bool:
        """Each kind is one column, and one has names."""
        count = Counter(self.columns)
        repeated = [field for field in self.fields if count[field.data] > 1 and field.data not in REPEATABLE]
        for field in repeated:
            sentence = _("Two columns are “%(kind)s”. Choose one of them.", kind=KINDS.get(field.data, field.data))
            add_error(field, sentence)
        if not any(kind in NAMES for kind in self.columns):
            self.form_errors.append(_("Choose which column has the customers' names."))
            return False
        return not repeated

    def note_other_revision(self, row: CustomerImport) -> bool:
        """Whether someone else has changed the columns since the page was shown; then tell it."""
        if self.revision.data == str(row.revision):
            return False
        self.revision.data = str(row.revision)
        self.form_errors.append(_("Someone else just changed the columns. Save again to use yours."))
        return True


def columns_form(row: CustomerImport, **more) -> ColumnsForm:
    """The form for the columns of a file."""
    labels = {f"column_{place}": heading for place, heading in enumerate(row.headings)}
    fields = {name: SelectField(label, default=IGNORE) for name, label in labels.items()}
    stored: dict[str, object] = dict(zip(labels, row.columns, strict=True))
    stored |= {"has_headings": row.has_headings, "existing": row.matches, "revision": str(row.revision)}
    form = type("ColumnsForm", (ColumnsForm,), {**fields, "chosen": tuple(labels)})(data=stored, **more)
    form.existing.choices = [(SKIP_MATCHES, _("Skip them")), (UPDATE_MATCHES, _("Update them"))]
    for field in form.fields:
        field.choices = list(KINDS.items())
    return form
