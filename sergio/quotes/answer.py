"""The answers to a quote (acceptances, declines, change requests) and ours to them. Their rows never change."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, UniqueConstraint, event, exists, func, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from sergio.customers import daily_limit
from sergio.customers.models import Contact, of_test_customer
from sergio.database.append_only import append_only_unless
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes import evidence

KEY = ["company_id", "quote_id", "version"]
SIGNED = ["company_id", "quote_id", "times_undone"]


class Answer(CompanyOwned):
    """Who answered, when, and which version (`offered`) they saw."""

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
    quote_id: Mapped[int] = mapped_column(sort_order=-1)
    contact_id: Mapped[int] = mapped_column(sort_order=-1)
    version: Mapped[int] = mapped_column(sort_order=-1)
    at: Mapped[datetime] = mapped_column(sort_order=-1)
    name: Mapped[str] = mapped_column(String(120), sort_order=-1)

    @declared_attr
    def contact(cls: type) -> Mapped[Contact]:  # noqa: N805
        return relationship(foreign_keys=f"{cls.__name__}.contact_id")

    @declared_attr
    def offered(cls: type) -> Mapped["QuoteVersion"]:  # noqa: F821, N805  # ty: ignore[unresolved-reference]
        key = ", ".join(f"{cls.__name__}.{column}" for column in KEY)
        return relationship("QuoteVersion", foreign_keys=f"[{key}]", viewonly=True)


def answer_args(*more) -> tuple:
    """`__table_args__` of an answer: foreign keys to a version that was sent and to a contact of the company."""
    to_version = ForeignKeyConstraint(KEY, [f"quote_version.{column}" for column in KEY])
    keys = within_company(quote_id="quote", contact_id="contact")
    return (*more, at_least("version", 1), Index(None, "company_id", "at"), to_version, *keys)


def written_once(model):
    """Class decorator: the session and the database (triggers) refuse to change or delete rows of this class. Only what
    belongs to a test customer can be deleted, by a statement.
    """
    append_only_unless(of_test_customer("quote", "quote_id"))(model)
    for change in ("before_update", "before_delete"):
        event.listen(model, change, refuse)
    return model


def refuse(mapper, connection, row):
    raise PermissionError(f"A {type(row).__name__} is never changed.")


@written_once
class QuoteAcceptance(Answer, Model):
    """Who accepted which offer, when and from where. Acceptances are never changed or deleted.

    `offer` is the version's, with the optional lines and the package that were chosen. `times_undone` is how many
    acceptances of the quote were undone before; the one in force has the same number as the quote.
    """

    __table_args__ = answer_args(UniqueConstraint(*SIGNED))

    times_undone: Mapped[int] = mapped_column(default=0)
    offer: Mapped[dict]
    total: Mapped[int] = mapped_column(BigInteger)
    strokes: Mapped[list]
    ip_address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(300))
    signed_in: Mapped[dict]
    digest: Mapped[str] = mapped_column(String(64))

    @classmethod
    def refuse_total(cls, total: int, currency: str, contact: Contact, *, at: datetime):
        """`Refused` for a total below zero, which optional lines that subtract something can make, and for more than
        the contact may accept in a day, with what they accepted already and was not undone.
        """
        if total < 0:
            raise Refused(_("The total of what you chose is below zero. Choose something else, then accept again."))

        def used(since: datetime) -> int:
            mine = cls.company_id == contact.company_id, cls.contact_id == contact.id, cls.at >= since
            undone = QuoteAcceptanceUndone
            same = (getattr(undone, key) == getattr(cls, key) for key in SIGNED)
            accepted = select(func.sum(cls.total)).where(*mine, ~exists().where(*same))
            return int(db.session.scalar(accepted) or 0)

        daily_limit.refuse_over(contact, total, currency, used, at=at)

    @property
    def facts(self) -> dict:
        return evidence.signed_facts(self)

    @property
    def untouched(self) -> bool:
        """Whether the row still has the digest it was signed with."""
        return self.digest == fingerprint(canonical_json(self.facts))


@written_once
class QuoteAcceptanceUndone(CompanyOwned, Model):
    """Staff opened an accepted quote again: who, when and why. The acceptance stays as evidence."""

    __table_args__ = (
        UniqueConstraint(*SIGNED),
        ForeignKeyConstraint(SIGNED, [f"quote_acceptance.{column}" for column in SIGNED]),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    times_undone: Mapped[int]
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(1000))


@written_once
class QuoteDecline(Answer, Model):
    __table_args__ = answer_args(UniqueConstraint("company_id", "quote_id", "version"))

    reason: Mapped[str] = mapped_column(String(1000))


@written_once
class QuoteChangeRequest(Answer, Model):
    """What a customer would like changed, in their own words."""

    __table_args__ = answer_args(Index(None, "company_id", "quote_id"), UniqueConstraint("company_id", "id"))

    message: Mapped[str] = mapped_column(String(2000))

    replies: Mapped[list["QuoteReply"]] = relationship(
        foreign_keys="QuoteReply.request_id", order_by="QuoteReply.id", viewonly=True
    )


@written_once
class QuoteReply(CompanyOwned, Model):
    """What staff wrote back. It answers the customer's last message, and all before it."""

    __table_args__ = (
        at_least("version", 1),
        Index(None, "company_id", "quote_id"),
        Index(None, "company_id", "request_id"),
        *within_company(quote_id="quote", request_id="quote_change_request"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    request_id: Mapped[int]
    version: Mapped[int]
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    message: Mapped[str] = mapped_column(String(2000))
