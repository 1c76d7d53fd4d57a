"""Who does something: a value that verbs take as `by=`, so that no model has to know of requests or sign-ins."""

from dataclasses import dataclass

KINDS = CONTACT, STAFF, API_TOKEN, STRIPE, SYSTEM = "contact", "staff", "api_token", "stripe", "system"


@dataclass(frozen=True)
class Actor:
    """`id` is the row of a contact, staff member or API token. `ip_address` and `request_id` are those of a request."""

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
"""Whoever runs the installation, at its command line."""
BY_STRIPE = Actor(STRIPE, "Stripe")
