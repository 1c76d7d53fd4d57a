"""Invitations to the portal that were emailed to contacts, a table of the models of sign-in."""

from datetime import datetime, timedelta

from sqlalchemy import Index, Select, String, exists, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth import emails
from sergio.auth.models import MagicLink, SignIn
from sergio.customers.models import Contact
from sergio.database import locks
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

INVITED_FOR = timedelta(days=30)
NOT_REVOKED = text("revoked_at IS NULL")


class PortalInvitation(CompanyOwned, Model):
    """An invitation that was emailed to a contact. Until it expires, its link leads to a page that emails them a
    sign-in link.

    A contact has at most one that is not revoked: a new one takes the place of the one before. It counts only for the
    address it was sent to (`email`, folded). `message_id` is that of its `OutgoingEmail`, which is deleted sooner.
    """

    __table_args__ = (
        Index(
            *("uq_portal_invitation_current", "company_id", "contact_id"),
            unique=True,
            sqlite_where=NOT_REVOKED,
        ),
        Index(None, "company_id", "contact_id"),
        Index(None, "company_id", "email", "sent_at"),
        Index(None, "company_id", "sent_at"),
        *within_company(contact_id="contact"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column()
    email: Mapped[str] = mapped_column(String(254))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime]
    sent_by: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)

    @classmethod
    def send(cls, contact: Contact, *, instead_of: int, by: Actor, at: datetime) -> "PortalInvitation":
        """Email an invitation, valid for 30 days. `instead_of` is the id of the one that its sender saw, 0 for none.

        Raises `Refused` if the contact cannot be invited, or if a colleague has done it meanwhile.
        """
        lock(contact)
        if contact.customer.archived_at:
            raise Refused(_("%(name)s is archived. Restore the customer first.", name=contact.customer.name))
        if why := why_no_email(contact):
            raise Refused(why)
        earlier = db.session.scalar(cls.current(contact))
        if earlier and earlier.id != instead_of:
            raise Refused(
                _("%(name)s was just invited by %(colleague)s.", name=contact.name, colleague=earlier.sent_by)
            )
        if has_signed_in(contact):
            raise Refused(_("%(name)s already uses the portal. Send a sign-in link instead.", name=contact.name))
        return cls.email_to(contact, earlier, by=by, at=at)

    @classmethod
    def email_to(
        cls,
        contact: Contact,
        earlier: "PortalInvitation | None",
        *,
        by: Actor,
        at: datetime,
    ) -> "PortalInvitation":
        """Email a new invitation in place of `earlier`, without asking whether the contact can be invited."""
        if earlier:
            earlier.revoked_at = at
            db.session.flush()
        token = tokens.token()
        row = cls(company=contact.company, contact=contact, email=contact.email_key)
        row.digest, row.sent_at, row.sent_by, row.expires_at = tokens.digest(token), at, by.name[:120], at + INVITED_FOR
        db.session.add(row)
        path = f"/portal/invitation/{token}"
        row.message_id = emails.invited(contact, path=path, until=row.expires_at, by_customer=by.is_contact).message_id
        facts = {"name": contact.name, "email": contact.email}
        record(contact, "invited_to_portal", by=by, at=at, after=facts)
        return row

    @classmethod
    def current(cls, contact: Contact) -> Select:
        """The contact's invitation that is not revoked, expired or not, to whichever address."""
        mine = cls.company_id == contact.company_id, cls.contact_id == contact.id
        return select(cls).where(*mine, cls.revoked_at.is_(None))

    @classmethod
    def with_token(cls, company, token: str) -> Select:
        """The company's invitation with that token, whether or not it still works, with its contact and customer."""
        mine = cls.company_id == company.id, cls.digest == tokens.digest(token)
        return select(cls).where(*mine).options(joinedload(cls.contact).joinedload(Contact.customer))

    def works(self, now: datetime) -> bool:
        """Whether its link still leads to a sign-in link."""
        contact = self.contact
        is_current = self.revoked_at is None and now < self.expires_at
        return is_current and contact.left_at is None and contact.email_key == self.email

    def request_link(self, *, nonce: str, next_path: str, browser: str, now: datetime) -> MagicLink | None:
        """Have a sign-in link emailed to its contact; None when there were too many. Raises `Refused` if it was revoked
        meanwhile.
        """
        lock(self.contact)
        db.session.refresh(self)
        if not self.works(now):
            raise Refused(_("This invitation no longer works."))
        facts = {"nonce": nonce, "next_path": next_path, "browser": browser}
        return MagicLink.request(self.company, "portal", self.contact.email, now=now, **facts)

    @classmethod
    def unite(cls, kept: Contact, gone: Contact, *, at: datetime):
        """Before the invitations of `gone` become those of `kept`, the same person: only one may be current."""
        if db.session.scalar(cls.current(kept)) and (theirs := db.session.scalar(cls.current(gone))):
            theirs.revoked_at = at
            db.session.flush()

    def revoke(self, *, by: Actor, at: datetime):
        """Let its link work no longer; a second call changes nothing."""
        lock(self.contact)
        db.session.refresh(self)
        if self.revoked_at is None:
            self.revoked_at = at
            record(self.contact, "revoked_invitation", by=by, at=at, before={"email": self.contact.email})


def send_sign_in_link(contact: Contact, *, by: Actor, at: datetime):
    """Email a contact who uses the portal an ordinary sign-in link; `Refused` if there were too many."""
    if why := why_no_email(contact):
        raise Refused(why)
    link = MagicLink.request(contact.company, "portal", contact.email, nonce=tokens.token(), next_path="", now=at)
    if link is None:
        raise Refused(
            _("Several sign-in emails were already sent to %(email)s. Try again in 15 minutes.", email=contact.email)
        )
    record(contact, "sent_sign_in_link", by=by, at=at, after={"name": contact.name, "email": contact.email})


def lock(contact: Contact):
    """Do what concerns one contact's invitation one after the other, with what is stored now."""
    locks.lock_until_commit(db.session, tokens.digest(f"invitation of {contact.company_id} {contact.id}"))
    db.session.refresh(contact)


def why_no_email(contact: Contact) -> str:
    """Why a contact cannot be emailed about the portal, and what to do; "" if they can."""
    if not contact.company.has_portal:
        return _("Your plan doesn't include the customer portal. Upgrade to invite customers.")
    if contact.left_at:
        return _("%(name)s is no longer a contact of %(customer)s.", name=contact.name, customer=contact.customer.name)
    if not contact.email:
        return _("%(name)s has no email address. Add one, then try again.", name=contact.name)
    return ""


def has_signed_in(contact: Contact) -> bool:
    """Whether they have ever signed in; `SignIn.delete_expired` keeps the last one."""
    mine = SignIn.company_id == contact.company_id, SignIn.contact_id == contact.id
    return bool(db.session.scalar(select(exists().where(*mine))))
