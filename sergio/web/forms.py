"""What all forms share."""

from flask_wtf import FlaskForm


class Form(FlaskForm):
    """A form whose text fields come in trimmed."""

    class Meta(FlaskForm.Meta):
        def bind_field(self, form, unbound_field, options):
            filters = unbound_field.kwargs.get("filters", [])
            if unbound_field.field_class.__name__ in ("StringField", "TextAreaField", "EmailField", "TelField"):
                filters = [*filters, trimmed]
            return unbound_field.bind(form=form, filters=filters, **options)


def trimmed(text):
    """Text without white space around it, and without NUL, which no database takes; anything else as it is."""
    return text.replace("\0", "").strip() if isinstance(text, str) else text
