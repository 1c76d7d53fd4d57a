"""Frozen contents as they were before tax rates had three decimals."""

OLD = {"lines": "tax_rate", "left_out": "tax_rate", "taxes": "rate"}


def in_basis_points(content: dict) -> dict:
    """The same content with its tax rates in basis points, under the names they had."""
    rows = {name: [as_before(each, OLD[name]) for each in content[name]] for name in OLD if name in content}
    return {**content, **rows}


def as_before(values: dict, name: str) -> dict:
    rest = {key: value for key, value in values.items() if key != "tax_ppm"}
    return {**rest, name: values["tax_ppm"] // 100}
