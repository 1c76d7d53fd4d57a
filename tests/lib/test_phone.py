"""Phone numbers: typed, stored and shown."""

import pytest

from sergio.lib import phone


@pytest.mark.parametrize(
    ("typed", "country", "kept", "shown"),
    [
        ("(207) 555-0100", "US", "+12075550100", "(207) 555-0100"),
        ("207.555.0100", "US", "+12075550100", "(207) 555-0100"),
        ("+1 207 555 0100", "US", "+12075550100", "(207) 555-0100"),
        ("+44 20 7946 0018", "US", "+442079460018", "+44 20 7946 0018"),
        ("020 7946 0018", "GB", "+442079460018", "020 7946 0018"),
        ("030 901820", "DE", "+4930901820", "030 901820"),
    ],
)
def test_a_number_is_stored_as_e164_and_shown_in_national_format(typed, country, kept, shown):
    assert phone.international(typed, country) == kept
    assert phone.national(kept, country) == shown


@pytest.mark.parametrize(
    "typed", ["", "abc", "555-0100", "020 7946 0018", "911", "+1 207 555 0100 ext. 7", "+999 1234567"]
)
def test_an_invalid_number_is_refused(typed):
    with pytest.raises(ValueError, match="not a phone number"):
        phone.international(typed, "US")


@pytest.mark.parametrize("kept", ["", "ask for Ana", "<b>1</b>"])
def test_text_that_is_not_a_number_is_unchanged(kept):
    assert phone.national(kept, "US") == kept
