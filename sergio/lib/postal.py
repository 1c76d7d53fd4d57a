"""Postal addresses as they stand on an envelope."""


def address_lines(place) -> list[str]:
    """Street, then town, of anything with `street`, `city`, `region` and `postal_code`; without empty lines."""
    region = " ".join(part for part in (place.region, place.postal_code) if part)
    town = ", ".join(part for part in (place.city, region) if part)
    return [line for line in (place.street, town) if line]
