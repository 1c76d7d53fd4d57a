"""The form for paying a part of an invoice."""

from flask import request
from wtforms.validators import InputRequired, ValidationError

from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import part_payments
from sergio.payments.bills import Bill
from sergio.price_list.fields import PriceField
from sergio.web.forms import Form


class PartForm(Form):
    """An amount in the query string, as the reader's language writes it."""

    class Meta(Form.Meta):
        csrf = False  # it only chooses what the page shows

    amount = PriceField(_l("Amount"), [InputRequired(_l("Enter an amount above zero."))])

    def __init__(self, invoice: Invoice):
        super().__init__(formdata=None)
        self.invoice = invoice
        self.amount.currency = invoice.currency
        if self.is_asked:
            self.process(request.args)

    @property
    def is_asked(self) -> bool:
        return "amount" in request.args

    def validate_amount(self, field):
        if not field.errors and (sentence := part_payments.why_not(self.invoice, field.data or 0)):
            raise ValidationError(sentence)

    @property
    def hint(self) -> str:
        facts = {name: self.invoice.money(value) for name, value in part_payments.bounds(self.invoice).items()}
        return _("From %(least)s to %(most)s, or all of %(due)s.") % facts


def asked(invoice: Invoice) -> tuple[Bill, PartForm | None]:
    """What the viewer asked to pay of an invoice: all that is due, or the part in `?amount=`; and the form for it, with
    why that amount cannot be paid. None where only all can be paid.
    """
    bill = Bill((invoice,))
    if not part_payments.is_offered(invoice):
        return bill, None
    form = PartForm(invoice)
    if form.is_asked and form.validate() and form.amount.data != invoice.due:
        bill = Bill((invoice,), form.amount.data, form.amount.typed or "")
    return bill, form
