"""Who does something: a value that models take as `by=`, so that they need not know requests or sign-ins."""

from typing import NamedTuple

KINDS = CONTACT, STAFF, API_TOKEN, STRIPE, SYSTEM = "contact", "staff", "api_token", "stripe", "system"


class Actor(NamedTuple):
    """`id` is the row's of a contact, staff member or API token. `ip_address` and `request_id` are the request's."""

    kind: str
    name: str
    id: int | None = None
    ip_address: str = ""
    request_id: str = ""

    @property
    def is_staff(self) -> bool:
        return self.kind == STAFF

    @property
    def is_contact(self) -> bool:
        return self.kind == CONTACT


BY_SYSTEM = Actor(SYSTEM, "Sergio")
BY_OPERATOR = Actor(SYSTEM, "the operator")
"""The person who runs the installation, on the command line."""
BY_STRIPE = Actor(STRIPE, "Stripe")
