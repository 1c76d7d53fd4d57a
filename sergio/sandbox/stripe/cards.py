"""Stripe's test numbers and their behavior (docs.stripe.com/testing)."""

from dataclasses import dataclass

from sergio.sandbox.stripe.errors import ApiError, declined

GENERIC = "Your card was declined."


@dataclass(frozen=True)
class Behavior:
    """What happens to a payment with a number. `failure` is (code, decline_code, message). A bank account is confirmed
    `by_deposit`, or at once. `asks_first`: the bank inquires before it disputes; `refunds_wait`: refunds are pending
    until they settle.
    """

    failure: tuple[str, str | None, str] | None = None
    authentication: str = "never"
    saves_first: bool = False
    disputed_as: str | None = None
    settles: bool = True
    risk_level: str = "normal"
    asks_first: bool = False
    refunds_wait: bool = False
    by_deposit: bool = False

    def error(self) -> ApiError:
        code, decline_code, message = self.failure or ("card_declined", "generic_decline", GENERIC)
        return declined(message, code, decline_code)


def fails(code: str, decline_code: str | None = None, message: str = GENERIC) -> Behavior:
    return Behavior(failure=(code, decline_code, message))


def passes_luhn(number: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1 annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return len(number) >= 12 and (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


FINE = Behavior()
NOT_A_TEST_CARD = fails(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
)
CARDS = {
    "4242424242424242": FINE,
    "4000056655665556": FINE,
    "5555555555554444": FINE,
    "378282246310005": FINE,
    "6011111111111117": FINE,
    "4000002500003155": Behavior(authentication="unless set up"),
    "4000002760003184": Behavior(authentication="always"),
    "4000000000003220": Behavior(authentication="always"),
    "4000008400001629": Behavior(failure=("card_declined", "generic_decline", GENERIC), authentication="always"),
    "4000000000000002": fails("card_declined", "generic_decline"),
    "4000000000009995": fails("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000009987": fails("card_declined", "lost_card"),
    "4000000000009979": fails("card_declined", "stolen_card"),
    "4100000000000019": fails("card_declined", "fraudulent"),
    "4000000000000069": fails("expired_card", None, "Your card has expired."),
    "4000000000000127": fails("incorrect_cvc", None, "Your card's security code is incorrect."),
    "4000000000000119": fails(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
    "4000000000000341": Behavior(failure=("card_declined", "generic_decline", GENERIC), saves_first=True),
    "4000000000000259": Behavior(disputed_as="fraudulent"),
    "4000000000002685": Behavior(disputed_as="product_not_received"),
    "4000000000001976": Behavior(disputed_as="fraudulent", asks_first=True),
    "4000000000007726": Behavior(refunds_wait=True),
    "4000000000009235": Behavior(risk_level="elevated"),
}
STOLEN = tuple(
    next(number for digit in range(10) if passes_luhn(number := f"40000000777{each:04}{digit}")) for each in range(50)
)
"""Different cards that every bank declines, for those who test cards on a page; Stripe has no such numbers."""
CARDS |= dict.fromkeys(STOLEN, fails("card_declined", "stolen_card"))
ACCOUNTS = {
    "000123456789": FINE,
    "000111111113": fails("account_closed", None, "The customer's bank account has been closed."),
    "000111111116": fails("no_account", None, "The customer's bank account could not be located."),
    "000222222227": fails("insufficient_funds", None, "The customer's account has insufficient funds."),
    "000333333335": fails("debit_not_authorized", None, "The customer told their bank this debit was not authorized."),
    "000555555559": Behavior(disputed_as="fraudulent"),
    "000000000009": Behavior(settles=False),
    "000000000002": Behavior(by_deposit=True),
}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_us": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_visa_chargeDeclinedFraudulent": "4100000000000019",
    "pm_card_radarBlock": "4100000000000019",
    "pm_usBankAccount_success": "000123456789",
    "pm_usBankAccount_accountClosed": "000111111113",
    "pm_usBankAccount_noAccount": "000111111116",
    "pm_usBankAccount_insufficientFunds": "000222222227",
    "pm_usBankAccount_debitNotAuthorized": "000333333335",
    "pm_usBankAccount_dispute": "000555555559",
    "pm_usBankAccount_processing": "000000000009",
}
DECLINES = {
    "": "4000000000000002",
    "InsufficientFunds": "4000000000009995",
    "LostCard": "4000000000009987",
    "StolenCard": "4000000000009979",
    "ExpiredCard": "4000000000000069",
    "IncorrectCvc": "4000000000000127",
    "ProcessingError": "4000000000000119",
}
for _reason, _number in DECLINES.items():
    TOKENS[f"pm_card_chargeDeclined{_reason}"] = TOKENS[f"pm_card_visa_chargeDeclined{_reason}"] = _number

BRANDS = (
    ("34", "amex"), ("37", "amex"), ("4", "visa"), ("5", "mastercard"), ("2", "mastercard"), ("6", "discover"),
)  # fmt: skip


def behavior_of(number: str) -> Behavior:
    """The behavior of a card or account number; one that is not a test number is declined, as in Stripe's test mode."""
    return CARDS.get(number) or ACCOUNTS.get(number) or NOT_A_TEST_CARD


def brand_of(number: str) -> str:
    return next((brand for start, brand in BRANDS if number.startswith(start)), "unknown")
