"""Amounts as Stripe counts them: its minor units, its smallest and largest charge.

Our minor units are those of CLDR (`lib.money`). Stripe's differ for some currencies, and it charges nothing below about
half a dollar or above eight digits, twelve for rupiah: docs.stripe.com/currencies. What it rounds for payouts alone
(HUF and TWD to whole ones) is between Stripe and the company's bank.

Stripe has decimals of some currencies, such as ALL and RSD, of which we only have whole ones. We never ask for a part
of one, but in Stripe's dashboard anybody can refund it: refunds are rounded up and disputes down, so that never more of
a payment is left here than there.
"""

from sergio.lib.money import minor_units

WHOLE = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
THOUSANDTHS = {"BHD", "JOD", "KWD", "OMR", "TND"}
STEP = {**dict.fromkeys(THOUSANDTHS, 10), "ISK": 100, "UGX": 100}
"""The last digits of these must be zero. ISK and UGX have no decimals, but Stripe still counts them with two."""

LEAST = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400,
    "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200,
    "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""By settlement currency. Where a company's bank has another, Stripe converts, and may still refuse."""
LARGEST, LARGEST_OF = 99_999_999, {"IDR": 999_999_999_999}


def units(currency: str) -> int:
    """How many of Stripe's minor units make one of `currency`."""
    if currency in WHOLE:
        return 1
    return 1000 if currency in THOUSANDTHS else 100


def to_stripe(amount: int, currency: str) -> int:
    """Our minor units as Stripe's; ValueError for an amount that Stripe's units cannot express."""
    theirs, rest = divmod(amount * units(currency), minor_units(currency))
    if rest or theirs % STEP.get(currency, 1):
        raise ValueError(f"Stripe cannot charge {amount} of {currency}.")
    return theirs


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's minor units as ours; ValueError for an amount that ours cannot express."""
    ours, rest = divmod(amount * minor_units(currency), units(currency))
    if rest:
        raise ValueError(f"Stripe's {amount} {currency} does not convert to a whole amount.")
    return ours


def is_whole(amount: int, currency: str) -> bool:
    """Whether ours can express an amount of Stripe's minor units."""
    return amount * minor_units(currency) % units(currency) == 0


def rounded_down(amount: int, currency: str) -> int:
    """Stripe's minor units as ours, without a fraction of our smallest unit."""
    return amount * minor_units(currency) // units(currency)


def rounded_up(amount: int, currency: str) -> int:
    return -rounded_down(-amount, currency)


def least(currency: str) -> int:
    """The smallest amount that Stripe charges, in our minor units."""
    return from_stripe(LEAST.get(currency, 50), currency)


def chargeable(amount: int, currency: str) -> bool:
    """Whether Stripe can charge this amount (in our minor units)."""
    try:
        least, largest = LEAST.get(currency, 50), LARGEST_OF.get(currency, LARGEST)
        return least <= to_stripe(amount, currency) <= largest
    except ValueError:
        return False
