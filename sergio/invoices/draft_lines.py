"""The lines of a draft in the editor of lines; a new line has the company's usual tax rate."""

from sergio.invoices.models import Invoice
from sergio.price_list import typed
from sergio.price_list.lines import TEMPLATE_KEY, TypedLines
from sergio.price_list.typed_line import BLANK, TypedLine


class DraftLines(TypedLines):
    """The lines of an invoice; `usual_rate` is the tax rate of new lines, in parts per million."""

    usual_rate = 0

    @classmethod
    def of(cls, draft: Invoice) -> "DraftLines":
        """The lines that a draft has, or a blank one."""
        lines = cls.stored(draft.lines, draft.currency)
        lines.usual_rate = draft.company.tax_ppm
        if not draft.lines:
            lines.lines = [cls.line(line.key, lines.blank) for line in lines.lines]
        return lines

    @classmethod
    def in_form(cls, form, draft: Invoice) -> "DraftLines":
        lines = cls.posted(form, draft.currency)
        lines.usual_rate = draft.company.tax_ppm
        return lines

    @property
    def template(self) -> TypedLine:
        return self.line(TEMPLATE_KEY, self.blank)

    @property
    def blank(self) -> dict[str, str]:
        """The fields of a new line."""
        return {**BLANK, "tax_rate": typed.tax_rate_text(self.usual_rate)}
