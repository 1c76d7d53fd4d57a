"""The words of emails: a company's own for a kind of email, or ours."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.company_scope import COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import language
from sergio.lib.variables import filled
from sergio.outbox.kinds import Kind

LONGEST_SUBJECT, LONGEST_OPENING = 150, 2000
PREHEADER = 140
"""Characters that inboxes show after the subject, at most."""


class Words(NamedTuple):
    """The subject of an email, and the text above its document."""

    subject: str
    opening: str

    @property
    def paragraphs(self) -> list[list[str]]:
        """The lines of each paragraph."""
        return [paragraph.splitlines() for paragraph in self.opening.split("\n\n")]

    @property
    def preheader(self) -> str:
        """What an inbox shows beside the subject: the text without its greeting, which may be all there is."""
        return " ".join(self.opening.partition("\n\n")[2].split())[:PREHEADER]

    def with_values(self, values: Mapping[str, str]) -> "Words":
        return Words(*(tidied(filled(text, values)) for text in self))


class EmailWording(CompanyOwned, Model):
    """A company's own words for a kind of email. Readers of another language than the company's get ours in theirs."""

    __table_args__ = (UniqueConstraint("company_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    opening: Mapped[str] = mapped_column(String(LONGEST_OPENING))
    changed_at: Mapped[datetime]

    @classmethod
    def change(cls, company, kind: Kind, words: Words, *, by: Actor, at: datetime):
        """Use these words from now on; those that are ours anyway are not kept, so that they follow ours."""
        row = db.session.scalar(OWN.with_for_update(), {"company_id": company.id, "kind": kind.name})
        before, ours = words_of(row) if row else our_words(kind), our_words(kind)
        if words == before:
            return
        if words == ours:
            db.session.delete(row)
        elif row:
            row.subject, row.opening, row.changed_at = *words, at
        else:
            db.session.add(cls(company=company, kind=kind.name, changed_at=at, **words._asdict()))
        about = {"email": kind.name}
        facts = {"before": about | before._asdict(), "after": about | words._asdict()}
        record(company, "changed_email_wording", by=by, at=at, **facts)


OWN = select(EmailWording).where(EmailWording.company_id == COMPANY, EmailWording.kind == bindparam("kind"))


def words_for(company, kind: Kind) -> Words:
    """What an email of that kind says in the language that is spoken, with its variables."""
    own = own_words(company, kind) if language.spoken.get() == company.language else None
    return own or our_words(kind)


def own_words(company, kind: Kind) -> Words | None:
    """What the company wrote instead of ours; None where it did not, or where ours always count."""
    row = db.session.scalar(OWN, {"company_id": company.id, "kind": kind.name}) if kind.editable else None
    return words_of(row) if row else None


def words_of(row: EmailWording) -> Words:
    return Words(row.subject, row.opening)


def our_words(kind: Kind) -> Words:
    return Words(str(kind.subject), str(kind.opening))


def tidied(text: str) -> str:
    """Without the spaces that an empty value leaves: before a comma, before a colon in Spanish
    ("Hola, :"), and at the ends of lines."""
    return "\n".join(line.strip() for line in text.replace(" ,", ",").replace(", :", ":").splitlines()).strip()
