"""How a payment can be made, and how that is written."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

CARD, CHECK, CASH, TRANSFER = "card", "check", "cash", "transfer"
METHODS = {CARD: _l("Card"), CHECK: _l("Check"), CASH: _l("Cash"), TRANSFER: _l("Bank transfer")}
BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}


def method_label(payment) -> str:
    """How a `Payment`, or a row with its `method`, `brand` and `last4`, was paid."""
    if not payment.last4:
        return str(METHODS[payment.method])
    brand = BRANDS.get(payment.brand, payment.brand.capitalize())
    return _("%(brand)s ending %(digits)s", brand=brand, digits=payment.last4)
