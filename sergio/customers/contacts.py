"""The table of customers' contacts, part of the models."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.customers import emails
from sergio.customers.roles import FULL, LIMITED, ROLES
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.lib.text import folded

UNREACHED = text("email_key IS NULL AND left_at IS NULL")


class Contact(CompanyOwned, Model):
    """A person who may sign in for a customer. One email address can belong to contacts of several customers.

    Without an email address, `email` is empty and `email_key` NULL. `role` is what they may do (`customers.roles`).
    With the role `LIMITED` they may accept and pay up to `daily_limit` a day, in minor units of `limit_currency`
    (`customers.daily_limit`).
    """

    __table_args__ = (
        UniqueConstraint("company_id", "customer_id", "email_key"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "email_key"),
        Index(None, "company_id", "phone"),
        Index(
            *("ix_contact_without_email", "company_id", "customer_id"),
            sqlite_where=UNREACHED,
        ),
        one_of("role", ROLES),
        at_least("daily_limit", 1),
        CheckConstraint(f"(role = '{LIMITED}') = (daily_limit IS NOT NULL)", name="limited_has_a_limit"),
        CheckConstraint("(daily_limit IS NULL) = (limit_currency IS NULL)", name="limit_has_a_currency"),
        *within_company(customer_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str]
    email: Mapped[str] = mapped_column(String(254), default="")
    email_key: Mapped[str | None]
    phone: Mapped[str] = mapped_column(String(40), default="")
    role: Mapped[str] = mapped_column(String(10), default=FULL)
    daily_limit: Mapped[int | None] = mapped_column(BigInteger)
    limit_currency: Mapped[str | None] = mapped_column(String(3))
    gets_receipts: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(10))
    """The one they chose; None for the company's."""
    left_at: Mapped[datetime | None]

    customer: Mapped["Customer"] = relationship(  # noqa: F821  # ty: ignore[unresolved-reference]
        foreign_keys=customer_id, back_populates="contacts"
    )

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @validates("name", "email")
    def _keep_key(self, field, text):
        setattr(self, f"{field}_key", folded(text) if field == "name" else folded(text) or None)
        return text

    @classmethod
    def with_email(cls, email: str):
        """The contacts with that email address, compared by `folded`."""
        return select(cls).where(cls.email_key == folded(email), cls.left_at.is_(None)).order_by(cls.id)

    @property
    def first_name(self) -> str:
        """The first word of their name or, if that is empty, of the customer's."""
        return (self.name or self.customer.name).split()[0]

    @property
    def reads(self) -> str:
        """The language of the portal and of emails for them."""
        return self.language or self.company.language

    def choose_language(self, language: str, *, by: Actor, at: datetime):
        """Read the portal and get emails in one of `LANGUAGES`; documents that were issued before stay as they are."""
        before, after = changes(self, language=language)
        if after:
            self.language = language
            record(self, "chose_language", by=by, at=at, before=before, after=after)

    @property
    def limit(self) -> str:
        """ "$500.00"; empty for who has none."""
        return money.format_amount(self.daily_limit, self.limit_currency or "") if self.daily_limit else ""

    def change_details(self, name: str, phone: str, *, gets_receipts: bool, by: Actor, now: datetime):
        """Change the details (`phone` as E.164 or empty), and email the office a changed name or phone number.

        Documents already issued do not change.
        """
        before, after = changes(self, name=name, phone=phone, gets_receipts=gets_receipts)
        if not after:
            return
        self.name, self.phone, self.gets_receipts = name, phone, gets_receipts
        record(self, "changed", by=by, at=now, before=before, after=after)
        labels = {"name": _l("Name"), "phone": _l("Phone")}
        if corrected := [(label, before[field], after[field]) for field, label in labels.items() if field in after]:
            emails.details_changed(self, corrected)
            emails.your_details_changed(self, corrected)

    def change(self, *, by: Actor, at: datetime, **values):
        """What staff change: `name`, `email`, `phone`, `role` with `daily_limit` and `limit_currency`, `gets_receipts`,
        `language`; and customers of their own people the role. Another email address ends the sign-ins with the old
        one. Needs the customer's lock.
        """
        before, after = changes(self, **values)
        other = self.customer.contact_with(after.get("email", ""))
        if other and other is not self:
            raise Refused(_("%(name)s already has this email address.", name=other.name))
        if after.get("role", FULL) != FULL:
            self._refuse_last()
        for field, value in after.items():
            setattr(self, field, value)
        if after:
            record(self, "changed", by=by, at=at, before=audited(before), after=audited(after))

    def leave(self, *, by: Actor, at: datetime):
        """Remove the contact: they can no longer sign in, and get no emails. What they did stays. Needs the lock."""
        if self.left_at is None:
            self._refuse_last()
            self.left_at = at
            record(self, "removed", by=by, at=at, before={"name": self.name, "email": self.email})

    def _refuse_last(self):
        others = [each for each in self.customer.present_contacts if each is not self and each.role == FULL]
        if not others:
            raise Refused(_("A customer needs at least one contact who can do everything. Add another one first."))


def audited(facts: dict) -> dict:
    """Values by column, as the audit trail keeps them: a limit is an amount with its currency."""
    names = {"daily_limit": "limit_amount", "limit_currency": "currency"}
    return {names.get(field, field): value for field, value in facts.items()}
