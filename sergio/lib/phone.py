"""Telephone numbers: kept as E.164, typed and shown the way people of a country do."""


def international(text: str, country: str) -> str:
    """`"(207) 555-0100", "US"` is "+12075550100"; a ValueError if nobody could be called there.

    `country` is the ISO 3166 code of whoever leaves out the country code.
    """
    import phonenumbers  # imported where used: it costs a tenth of a second

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise ValueError(f"{text!r} is not a phone number.") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError(f"{text!r} is not a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national(text: str, country: str) -> str:
    """A number as people of `country` write it, with the country code if it is abroad; what is no number, as it is."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return text
    form = phonenumbers.PhoneNumberFormat
    at_home = number.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
