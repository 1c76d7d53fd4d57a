"""Postal addresses in lines."""


def address_lines(place) -> list[str]:
    """Street, then city, region and postal code, of any object with these attributes; without empty lines."""
    region = " ".join(filter(None, (place.region, place.postal_code)))
    town = ", ".join(filter(None, (place.city, region)))
    return [*filter(None, (place.street, town))]


def address(place) -> str:
    """The same on one line."""
    return ", ".join(address_lines(place))
