"""Postal addresses in lines."""


def address_lines(place) -> list[str]:
    """Street, then city, region and postal code, of any object with these attributes; without empty lines."""
    region = " ".join(part for part in (place.region, place.postal_code) if part)
    town = ", ".join(part for part in (place.city, region) if part)
    return [line for line in (place.street, town) if line]


def address(place) -> str:
    """The same on one line."""
    return ", ".join(address_lines(place))
