"""Sentences for Stripe's decline codes (docs.stripe.com/declines/codes).

Lost, stolen and fraudulent cards get the general sentence, as Stripe requires: it must not tell the reason.
"""

from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import BANK_ACCOUNT, CARD

OTHER = _l("Your bank declined this payment. Use another card, or ask your bank why.")
EMPTY = _l("This card has insufficient funds. Use another card.")
NUMBER = _l("The card number is incorrect. Check it and try again.")
EXPIRY = _l("The expiration date is incorrect. Check it and try again.")
EXPIRED = _l("This card has expired. Use another card.")
CODE = _l("The security code is incorrect. Check the three or four digits on your card.")
LATER = _l("Your bank could not respond. You have not been charged. Try again in a minute.")
OFTEN = _l("This card is over its limit. Use another card, or try again tomorrow.")
KIND = _l("This type of card is not accepted here. Use another card.")
PERSON = _l("Your bank could not verify your identity. You have not been charged. Try again, or use another card.")
OVER = _l("This payment cannot continue from here. Reload the page to see its status.")

SENTENCES = {
    "insufficient_funds": EMPTY,
    "incorrect_number": NUMBER,
    "invalid_number": NUMBER,
    "invalid_account": NUMBER,
    "invalid_expiry_month": EXPIRY,
    "invalid_expiry_year": EXPIRY,
    "expired_card": EXPIRED,
    "incorrect_cvc": CODE,
    "invalid_cvc": CODE,
    "processing_error": LATER,
    "issuer_not_available": LATER,
    "reenter_transaction": LATER,
    "try_again_later": LATER,
    "card_velocity_exceeded": OFTEN,
    "withdrawal_count_limit_exceeded": OFTEN,
    "card_not_supported": KIND,
    "currency_not_supported": KIND,
    "authentication_required": PERSON,
    "payment_intent_authentication_failure": PERSON,
    "payment_intent_unexpected_state": OVER,
    "unreachable": _l("The card form could not be loaded. Check your connection and reload the page."),
    "other": OTHER,
}


OF_BANKS = {
    "insufficient_funds": _l("There was not enough money in the bank account."),
    "account_closed": _l("This bank account is closed."),
    "no_account": _l("The bank could not find this account."),
    "payment_method_microdeposit_failed": _l("The small deposit could not be sent to this bank account."),
    "payment_method_microdeposit_verification_attempts_exceeded": _l("The code was wrong too often."),
    "payment_method_microdeposit_verification_timeout": _l("The bank account was not confirmed within ten days."),
    "debit_not_authorized": _l("The bank says that this payment was not authorized."),
}
OTHER_OF_BANKS = _l("The bank did not allow this payment. Pay another way, or ask your bank why.")
"""docs.stripe.com/payments/ach-direct-debit: failure codes of ACH debits."""


def sentence_for(code: str, method: str = CARD) -> str:
    """The sentence for one of Stripe's codes; "" for none."""
    sentences, other = (OF_BANKS, OTHER_OF_BANKS) if method == BANK_ACCOUNT else (SENTENCES, OTHER)
    return str(sentences.get(code, other)) if code else ""
