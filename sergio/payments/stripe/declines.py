"""Sentences for Stripe's decline codes (docs.stripe.com/declines/codes).

Lost, stolen and fraudulent get the general one, as Stripe asks: they must not accuse the person who reads it.
"""

from flask_babel import lazy_gettext as _l

from sergio.payments.methods import BANK_ACCOUNT, CARD

OTHER = _l("The bank did not allow this payment. Please use another card, or ask your bank why.")
EMPTY = _l("There is not enough money on this card. Please use another one.")
NUMBER = _l("The card number is not right. Please check it.")
EXPIRY = _l("The expiry date is not right. Please check it.")
EXPIRED = _l("This card has expired. Please use another one.")
CODE = _l("The security code is not right. Please check the three or four digits on the card.")
LATER = _l("The bank could not answer just now. You have not been charged. Please try again in a minute.")
OFTEN = _l("This card has been used too often or for too much. Please use another one, or try again tomorrow.")
KIND = _l("This kind of card cannot be used here. Please use another one.")
PERSON = _l("The bank could not make sure that it is you. You have not been charged. Try again, or use another card.")
OVER = _l("This payment cannot go on from here. Please load the page again to see how it stands.")

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
    "unreachable": _l("The card form could not be loaded. Please check your connection and load the page again."),
    "other": OTHER,
}


OF_BANKS = {
    "insufficient_funds": _l("There was not enough money in the bank account."),
    "account_closed": _l("This bank account is closed."),
    "no_account": _l("The bank could not find this account."),
    "debit_not_authorized": _l("The bank says that this payment was not authorized."),
}
OTHER_OF_BANKS = _l("The bank did not allow this payment. Pay another way, or ask your bank why.")
"""docs.stripe.com/payments/ach-direct-debit: failure codes of ACH debits."""


def sentence_for(code: str, method: str = CARD) -> str:
    """The sentence for one of Stripe's codes; "" for none."""
    sentences, other = (OF_BANKS, OTHER_OF_BANKS) if method == BANK_ACCOUNT else (SENTENCES, OTHER)
    return str(sentences.get(code, other)) if code else ""
