"""What a kind of email consists of; all kinds are in `kinds`."""

from dataclasses import dataclass

from babel.support import LazyProxy

from sergio.lib.language import lazy_gettext as _l

QUOTES, INVOICES, APPOINTMENTS, ACCOUNT = "quotes", "invoices", "appointments", "account"
GROUPS = {
    QUOTES: _l("Quotes"),
    INVOICES: _l("Invoices and payments"),
    APPOINTMENTS: _l("Appointments"),
    ACCOUNT: _l("Account"),
}
GENERAL = {
    "first_name": _l("The recipient's first name"),
    "contact_name": _l("The recipient's name"),
    "customer_name": _l("The customer's name"),
    "company_name": _l("Your company's name"),
    "company_phone": _l("Your phone number"),
    "company_email": _l("Your email address"),
}
"""The variables of every kind."""
VARIABLES = GENERAL | {
    "address": _l("The service address"),
    "amount": _l("The amount"),
    "arrival": _l("When the technician will be there"),
    "browser": _l("The browser and the device"),
    "card": _l("The card or bank account"),
    "day": _l("The day"),
    "documents": _l("The quotes or invoices it is about"),
    "moment": _l("The day and time"),
    "name": _l("The technician's first name"),
    "number": _l("The number"),
    "reason": _l("Why we write"),
    "title": _l("The title"),
    "until": _l("The last day or time"),
    "what": _l("What happened"),
}
"""All variables, and what each stands for."""
LABELS_OF = {
    INVOICES: {"reason": _l("The reason")},
    APPOINTMENTS: {"title": _l("The service")},
}
"""By group: what variables stand for in its kinds, where that differs."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of email. `template` names its two templates, `variables` those that it has besides the general ones.

    A contact may say that they don't want one that is not `essential`. A company cannot change the words of one that is
    not `editable`, since they tell people how to stay safe.
    """

    name: str
    group: str
    label: LazyProxy
    template: str
    subject: LazyProxy
    opening: LazyProxy
    variables: tuple[str, ...] = ()
    essential: bool = True
    editable: bool = True

    @property
    def offered(self) -> dict[str, LazyProxy]:
        """Its variables, and what each stands for."""
        labels = VARIABLES | LABELS_OF.get(self.group, {})
        return {name: label for name, label in labels.items() if name in GENERAL or name in self.variables}
