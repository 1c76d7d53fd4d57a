"""Phone numbers: stored as E.164, typed and shown in a country's national format."""

from functools import lru_cache


def international(text: str, country: str) -> str:
    """`"(207) 555-0100", "US"` is "+12075550100"; ValueError for an invalid number.

    `country` (ISO 3166) is assumed for numbers without a country code.
    """
    import phonenumbers  # takes a tenth of a second to load

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise ValueError(f"{text!r} is not a phone number.") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError(f"{text!r} is not a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(1000)
def national(text: str, country: str) -> str:
    """A number in the national format of `country`, or with its country code if it is abroad; other text unchanged."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return text
    form = phonenumbers.PhoneNumberFormat
    at_home = number.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
