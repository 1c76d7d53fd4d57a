"""Amounts in forms: read in the currency that the form is about, also if it is known only later."""

import pytest
from werkzeug.datastructures import MultiDict

from sergio.price_list.fields import PriceField
from sergio.web.forms import Form


class PaymentForm(Form):
    """As most forms: it is filled in first, and then learns the currency of its document."""

    class Meta(Form.Meta):
        csrf = False

    amount = PriceField("Amount")

    def __init__(self, typed: str, currency: str):
        super().__init__(formdata=MultiDict({"amount": typed}))
        self.amount.currency = currency


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("50", "USD", 5_000), ("5000", "JPY", 5_000), ("1.234", "KWD", 1_234), ("", "JPY", None)],
)
def test_an_amount_is_read_in_the_currency_of_the_form(app, typed, currency, minor):
    with app.test_request_context():
        form = PaymentForm(typed, currency)
        assert form.validate()
        assert form.amount.data == minor


@pytest.mark.parametrize(("typed", "currency"), [("50.5", "JPY"), ("1.2345", "KWD"), ("x", "EUR"), ("-1", "JPY")])
def test_what_is_no_amount_in_that_currency_is_refused(app, typed, currency):
    with app.test_request_context():
        form = PaymentForm(typed, currency)
        assert not form.validate()
        assert len(form.amount.errors) == 1
