"""The kinds of emails that contacts don't want, part of the models of customers."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.outbox.kinds import OPTIONAL


class UnwantedEmail(CompanyOwned, Model):
    """A contact does not want emails of a kind that is not essential (`outbox.kinds.OPTIONAL`)."""

    __table_args__ = (UniqueConstraint("company_id", "contact_id", "kind"), *within_company(contact_id="contact"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]

    @classmethod
    def kinds_of(cls, contact) -> set[str]:
        """The names of the kinds that the contact does not want."""
        return set(db.session.scalars(UNWANTED, {"company_id": contact.company_id, "contact_id": contact.id}))

    @classmethod
    def choose(cls, contact, unwanted: Iterable[str], *, by: Actor, at: datetime):
        """These are all the kinds that the contact does not want from now on. Needs the contact locked."""
        before, after = cls.kinds_of(contact), set(unwanted) & set(OPTIONAL)
        if before == after:
            return
        no_longer = cls.company_id == contact.company_id, cls.contact_id == contact.id, cls.kind.in_(before - after)
        db.session.execute(delete(cls).where(*no_longer))
        about = {"company": contact.company, "contact_id": contact.id, "since": at}
        db.session.add_all(cls(kind=kind, **about) for kind in sorted(after - before))
        facts = {"before": {"unwanted_emails": sorted(before)}, "after": {"unwanted_emails": sorted(after)}}
        record(contact, "chose_emails", by=by, at=at, **facts)

    @classmethod
    def unite(cls, ours, theirs):
        """Before two contacts become one: what neither wants is noted once."""
        both = cls.company_id == ours.company_id, cls.contact_id == theirs.id, cls.kind.in_(cls.kinds_of(ours))
        db.session.execute(delete(cls).where(*both))


UNWANTED = select(UnwantedEmail.kind).where(
    UnwantedEmail.company_id == COMPANY, UnwantedEmail.contact_id == bindparam("contact_id")
)
