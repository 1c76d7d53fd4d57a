"""Changes of a contact's email address that wait for the new one to be confirmed, a table of the models of sign-in."""

from datetime import datetime, timedelta

from sqlalchemy import Index, Select, String, UniqueConstraint, delete, func, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth import emails
from sergio.auth.models import KEPT, SignIn
from sergio.customers.models import Contact
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.lib.text import folded

LASTS = timedelta(hours=24)
A_DAY = 5
"""Changes that a contact may ask for in a day."""
IS_WAITING = text("ended_at IS NULL")


class EmailChange(CompanyOwned, Model):
    """A contact asked to use another address. Its link, in an email to that one (`email`), makes it theirs; until then
    nothing changes. A contact has at most one that has not ended: another one ends it, as does its confirmation.

    `before` is the folded address at the time: a link that comes after another change does nothing. `sign_in_digest` is
    of the sign-in that asked.
    """

    __table_args__ = (
        Index(
            *("uq_email_change_waiting", "company_id", "contact_id"),
            unique=True,
            sqlite_where=IS_WAITING,
        ),
        Index(None, "company_id", "contact_id", "asked_at"),
        UniqueConstraint("company_id", "id"),
        *within_company(contact_id="contact"),
    )

    stands_in_email = True
    """Without its email nobody has it (`outbox.suppressed`)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column()
    sign_in_digest: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254))
    before: Mapped[str] = mapped_column(String(254))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)

    @classmethod
    def ask(cls, sign_in: SignIn, email: str, *, by: Actor, at: datetime) -> "EmailChange":
        """Email a link to the new address. Whose that is makes no difference here. `Refused` for the contact's own, and
        for too many in a day.
        """
        contact = sign_in.contact
        if contact is None:
            raise Refused(_("Choose an account first."))
        contact.customer.lock()
        db.session.refresh(contact)
        if folded(email) == contact.email_key:
            raise Refused(_("That is already your email address."))
        today = select(func.count()).where(*cls._of(contact), cls.asked_at > at - timedelta(days=1))
        if db.session.scalars(today).one() >= A_DAY:
            raise Refused(_("You asked for several changes today. Try again tomorrow."))
        cls.end_waiting(contact, at=at)
        token = tokens.token()
        row = cls(company=contact.company, contact=contact, sign_in_digest=sign_in.digest, email=email, asked_at=at)
        row.before, row.digest = contact.email_key or "", tokens.digest(token)
        db.session.add(row)
        record(contact, "asked_for_email", by=by, at=at, before={"email": contact.email}, after={"new_email": email})
        emails.confirm_email(contact, email, path=f"/portal/new-email/{token}", until=at + LASTS)
        return row

    @classmethod
    def _of(cls, contact: Contact) -> tuple:
        return cls.company_id == contact.company_id, cls.contact_id == contact.id

    @classmethod
    def waiting_of(cls, contact: Contact) -> Select:
        return select(cls).where(*cls._of(contact), cls.ended_at.is_(None))

    @classmethod
    def end_waiting(cls, contact: Contact, *, at: datetime):
        """Let the link of the one that waits, if any, work no longer."""
        ended = update(cls).where(*cls._of(contact), cls.ended_at.is_(None)).values(ended_at=at)
        db.session.execute(ended.execution_options(synchronize_session="fetch"))

    @classmethod
    def with_token(cls, company, token: str) -> Select:
        """The company's one with that token, whether or not it still works, with its contact and customer."""
        mine = cls.company_id == company.id, cls.digest == tokens.digest(token)
        return select(cls).where(*mine).options(joinedload(cls.contact).joinedload(Contact.customer))

    @property
    def until(self) -> datetime:
        return self.asked_at + LASTS

    def works(self, now: datetime) -> bool:
        contact = self.contact
        is_same = contact.left_at is None and (contact.email_key or "") == self.before
        return self.ended_at is None and now < self.until and is_same

    def confirm(self, sign_in: SignIn | None, *, by: Actor, at: datetime):
        """Make the address the contact's, tell the old one, and end their sign-ins. `Refused` if the link no longer
        works, or if a colleague of theirs has the address.

        `sign_in` is that of the browser in which the link was opened. If it is the one that asked, it goes on under the
        new address. It does nowhere else: who asks for somebody else's address must not get their accounts with it.
        """
        contact, customer = self.contact, self.contact.customer
        customer.lock()
        db.session.refresh(contact)
        db.session.refresh(self)
        if not self.works(at):
            raise Refused(_("This link no longer works."))
        other = customer.contact_with(self.email)
        if other and other is not contact:
            sentence = _("This address already belongs to %(name)s.", name=customer.name)
            raise Refused(f"{sentence} {contact.company.how_to_reach if other.left_at else _('Sign in with it.')}")
        self.confirmed_at = self.ended_at = at
        old, contact.email = contact.email, self.email
        self._end_sign_ins(sign_in.digest if sign_in else "", by=by, at=at)
        record(contact, "changed_email", by=by, at=at, before={"email": old}, after={"email": contact.email})
        emails.email_changed(contact, old)

    def _end_sign_ins(self, opened_in: str, *, by: Actor, at: datetime):
        """End the contact's sign-ins, but for the one that asked if it is that of the browser that opened the link."""
        mine = SignIn.company_id == self.company_id, SignIn.contact_id == self.contact_id, SignIn.ended_at.is_(None)
        for sign_in in db.session.scalars(select(SignIn).where(*mine)):
            if sign_in.digest == self.sign_in_digest == opened_in:
                sign_in.email = self.contact.email_key or ""
            else:
                sign_in.end(by=by, now=at)

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes those that could be confirmed a week ago."""
        return delete(cls).where(cls.asked_at < now - LASTS - KEPT)
