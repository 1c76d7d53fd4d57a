"""What Stripe says of a charge beside its amount: Radar's outcome, 3-D Secure, its fee."""

from typing import NamedTuple

from sergio.payments.stripe.currencies import from_stripe


class Charged(NamedTuple):
    """What Stripe says of an intent's last charge. `risk_level` and `message` (for the seller) are Radar's outcome;
    `three_d_secure` the result of the bank's check, "" where there was none. `fee` is in minor units of
    `fee_currency`, in which the account is paid out; None until it is known.
    """

    id: str
    risk_level: str = ""
    message: str = ""
    three_d_secure: str = ""
    fee: int | None = None
    fee_currency: str = ""


def charged(found) -> Charged | None:
    """Radar's outcome, 3-D Secure and the fee of a charge, where it was expanded."""
    if found is None or isinstance(found, str):
        return None
    outcome, card = found.outcome, getattr(found.payment_method_details, "card", None)
    secured = getattr(card, "three_d_secure", None)
    known = Charged(
        id=found.id,
        risk_level=getattr(outcome, "risk_level", None) or "",
        message=getattr(outcome, "seller_message", None) or "",
        three_d_secure=getattr(secured, "result", None) or "",
    )
    return with_fee(known, found.balance_transaction)


def with_fee(charge: Charged, transaction) -> Charged:
    """The charge with the fee of its balance transaction, where there is one."""
    if transaction is None or isinstance(transaction, str):
        return charge
    currency = transaction.currency.upper()
    try:
        return charge._replace(fee=from_stripe(transaction.fee, currency), fee_currency=currency)
    except ValueError:  # a fraction of our smallest unit
        return charge
