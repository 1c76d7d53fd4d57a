"""The plans: what each includes, what it costs, and which features of the program it has."""

from typing import NamedTuple

from babel.support import LazyProxy

from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l

FREE, STARTER, PRO = PLANS = ("free", "starter", "pro")
SOLD = (STARTER, PRO)
"""The plans that are paid each month."""

FEATURES = PORTAL, API, PRIORITY_SUPPORT = "portal", "api", "priority_support"
"""What a plan can have: the customers' portal with all of its pages; `/api/v1`; support requests marked as urgent."""


class Plan(NamedTuple):
    """A plan as companies see it. `price` is for a month, in minor units; `includes` are lines of a list.

    `most_staff` is how many staff members a company may have at once; None for any number.
    """

    code: str
    name: LazyProxy
    about: LazyProxy
    price: int
    includes: tuple[LazyProxy, ...]
    features: frozenset[str]
    most_staff: int | None
    currency: str = "USD"

    @property
    def amount(self) -> str:
        """ "$29.00"."""
        return money.format_amount(self.price, self.currency)

    @property
    def is_sold(self) -> bool:
        return self.code in SOLD


BY_CODE = {
    plan.code: plan
    for plan in (
        Plan(
            FREE,
            _l("Free"),
            _l("Keep your customers and your schedule in one place."),
            0,
            (
                _l("Customers, quotes, invoices, and schedule in your office"),
                _l("Customers see how to contact you"),
                _l("Up to 3 team members"),
            ),
            frozenset(),
            3,
        ),
        Plan(
            STARTER,
            _l("Starter"),
            _l("Let customers help themselves, day or night."),
            2_900,
            (
                _l("Your customer portal, in your colors"),
                _l("Quotes accepted and signed online"),
                _l("Invoices paid by card or bank account"),
                _l("Appointments booked, moved, and canceled online"),
                _l("API for your other programs"),
                _l("Up to 10 team members"),
            ),
            frozenset({PORTAL, API}),
            10,
        ),
        Plan(
            PRO,
            _l("Pro"),
            _l("For larger teams that need fast support."),
            7_900,
            (
                _l("Everything in Starter"),
                _l("Any number of team members"),
                _l("Priority support: your requests are answered first"),
            ),
            frozenset(FEATURES),
            None,
        ),
    )
}


def least_with(feature: str) -> Plan:
    """The cheapest plan that has a feature."""
    return min((plan for plan in BY_CODE.values() if feature in plan.features), key=lambda plan: plan.price)
