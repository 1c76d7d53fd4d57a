"""Who views a page of the portal, for which customer, and how we know. Views, loaders and forms take this value.

A sign-in creates one, and so do document links and previews by staff.
"""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import g
from werkzeug.local import LocalProxy

from sergio.audit.actor import Actor
from sergio.companies.models import Company
from sergio.customers import roles
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import FULL
from sergio.lib.email_addresses import masked

SIGN_IN, DOCUMENT_LINK, PREVIEW = "sign_in", "document_link", "preview"


@dataclass(frozen=True)
class Viewer:
    """`proof` says how the person was known, as it is kept with a signature. `contact` is None in a preview.

    `document` is the kind and the number of the one document whose pages they may see, None for all of the customer's.
    `language` and `time_zone` are the reader's, which may differ from the company's.
    """

    company: Company
    customer: Customer
    contact: Contact | None
    known_by: str
    by: Actor
    language: str
    time_zone: str
    proof: dict = field(default_factory=dict)
    document: tuple[str, int] | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def whose(self) -> dict[str, int]:
        """The parameters of statements about the customer's rows."""
        return {"company_id": self.company.id, "customer_id": self.customer.id}

    @property
    def shown(self) -> Contact:
        """The contact whose details pages show: in a preview the customer's first one, or one without any."""
        contact = self.contact or self.customer.main_contact
        return contact or Contact(name=self.customer.name, email="", phone="", gets_receipts=False)

    @property
    def name(self) -> str:
        return self.shown.name

    @property
    def role(self) -> str:
        """What they may do (`customers.roles`); a preview shows what the widest role sees."""
        return self.contact.role if self.contact else FULL

    def email_of(self, contact: Contact) -> str:
        """A contact's email address for a page; masked on one that a link opens, for whoever has it."""
        return masked(contact.email or "") if self.document else contact.email or ""

    def may(self, permission: str) -> bool:
        return roles.may(self.role, permission)


def _current() -> Viewer:
    return g.viewer


viewer: Viewer = LocalProxy(_current)  # ty: ignore[invalid-assignment]
