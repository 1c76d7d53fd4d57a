"""The base class of all forms."""

from flask_wtf import FlaskForm


class Form(FlaskForm):
    """A form whose text fields are trimmed."""

    class Meta(FlaskForm.Meta):
        def bind_field(self, form, unbound_field, options):
            filters = unbound_field.kwargs.get("filters", [])
            if unbound_field.field_class.__name__ in ("StringField", "TextAreaField", "EmailField", "TelField"):
                filters = [*filters, trimmed]
            return unbound_field.bind(form=form, filters=filters, **options)


def trimmed(text):
    """Text without surrounding white space and NUL, which databases refuse, and with line breaks as LF (forms send
    CRLF); other values unchanged.
    """
    return text.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(text, str) else text
