"""Sign-in links (used once, within 15 minutes), sign-ins (one row a browser, 30 days idle at most), API tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import (
    CheckConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.browsers import browser_label
from sergio.auth.ways import WAYS
from sergio.customers.models import Contact
from sergio.database import locks
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.database.engines import Utc
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.email_addresses import mailbox
from sergio.lib.language import spoken
from sergio.staff.models import StaffMember

PEOPLE = {"portal": Contact, "office": StaffMember}
"""Who signs in at the portal and at the office."""

LINK_LIFETIME = timedelta(minutes=15)
HAND_OVER_LIFETIME = timedelta(minutes=2)
DAY = timedelta(days=1)
EMAILS_IN_LIFE, EMAILS_A_DAY = 3, 10
EMAILS_A_DAY_TO_A_KNOWN_BROWSER = 10
TRIES = 5

IDLE = timedelta(days=30)
LONGEST = timedelta(days=180)
TOUCH_EVERY = timedelta(hours=1)
KEPT = timedelta(days=7)
COUNTED = timedelta(days=30)
"""How far back sign-ins are counted by the way in."""


class MagicLink(CompanyOwned, Model):
    """A request for a sign-in link. `digest` and `code` stay empty when nobody has this address, but not `for_new`."""

    __table_args__ = (
        Index("ix_magic_link_mailbox", "mailbox", "browser", "requested_at"),
        one_of("audience", PEOPLE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(254))
    mailbox: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(64), default="")
    nonce: Mapped[str] = mapped_column(String(64), index=True)
    next_path: Mapped[str] = mapped_column(String(2000), default="")
    for_new: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its code also confirms the address of somebody who becomes a customer."""
    language: Mapped[str | None] = mapped_column(String(10))
    """Of the page that asked; the email is in it, unless the contact has chosen another."""
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    code: Mapped[str | None] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    code_used_at: Mapped[datetime | None]

    @classmethod
    def request(
        cls, company, audience: str, email: str, *, nonce: str, next_path: str, now: datetime, browser: str = "", **more
    ) -> "MagicLink | None":
        """A request for a sign-in link, which a job sends; None when there were too many for this address.

        `email` is well formed, `nonce` the requesting browser's secret, `next_path` where to go after signing in.
        `browser` is the digest of a browser that signed in with this address lately (`known_browsers`); its requests
        are counted apart. Known and unknown addresses take the same statements, so timing tells nothing.
        `more` may be `for_new`.
        """
        box = cls.mailbox_of(company, audience, email)
        locks.lock_until_commit(db.session, box)
        if cls._too_many(company, box, browser, now):
            return None
        link = cls(company=company, audience=audience, email=email, mailbox=box, nonce=tokens.digest(nonce), **more)
        link.browser, link.next_path, link.language = browser, next_path, spoken.get()
        link.requested_at, link.expires_at = now, now + LINK_LIFETIME
        db.session.add(link)
        db.session.flush()
        jobs.enqueue("auth.send_link", company=company, link_id=link.id)
        return link

    @staticmethod
    def mailbox_of(company, audience: str, email: str) -> str:
        """The digest under which requests for one address, at one company's portal or office, are counted."""
        return tokens.digest(f"{company.id} {audience} {mailbox(email)}")

    @classmethod
    def _too_many(cls, company, box: str, browser: str, now: datetime) -> bool:
        """Whether the limit in 15 minutes or in a day is reached, for that browser or for unknown ones."""
        lately = func.count().filter(cls.requested_at > now - LINK_LIFETIME)
        counted = select(lately, func.count()).where(cls.mailbox == box, cls.browser == browser)
        counted = counted.where(cls.company_id == company.id)
        lately, today = db.session.execute(counted.where(cls.requested_at > now - DAY)).one()
        if browser:
            return today >= EMAILS_A_DAY_TO_A_KNOWN_BROWSER
        return lately >= EMAILS_IN_LIFE or today >= EMAILS_A_DAY

    @classmethod
    def with_token(cls, company, token: str, audience: str) -> Select:
        """The link with that token, whether or not it is still valid."""
        mine = cls.company_id == company.id, cls.audience == audience
        return select(cls).where(*mine, cls.digest == tokens.digest(token))

    @classmethod
    def pending(cls, company, nonce: str, audience: str, now: datetime) -> Select:
        """The links that the browser with that nonce requested and that still take a code, newest first."""
        return select(cls).where(*cls._awaits_code(company, nonce, audience, now)).order_by(cls.id.desc())

    @classmethod
    def _awaits_code(cls, company, nonce: str, audience: str, now: datetime) -> tuple:
        mine = cls.company_id == company.id, cls.nonce == tokens.digest(nonce), cls.audience == audience
        return (*mine, cls.expires_at > now, cls.code_used_at.is_(None), cls.tries < TRIES)

    @classmethod
    def use_code(cls, company, code: str, nonce: str, audience: str, now: datetime) -> "MagicLink | None":
        """Use up the link whose code was typed in the requesting browser; None for a wrong code, which counts as a try.

        The code works even when the link was used: mail scanners open links.
        """
        waiting = cls._awaits_code(company, nonce, audience, now)
        tried = update(cls).where(*waiting).values(tries=cls.tries + 1).returning(cls)
        links = db.session.scalars(tried.execution_options(synchronize_session=False)).all()
        typed = tokens.digest(tokens.normalized_code(code))
        link = next((link for link in links if compare_digest(link.code or "", typed)), None)
        if link:
            link.code_used_at, link.used_at = now, link.used_at or now
        return link

    def issue(self) -> tuple[str, str]:
        """A new token and code. The row keeps only their digests; they go out in the email."""
        token = tokens.token()
        code = tokens.code()
        self.digest, self.code = tokens.digest(token), tokens.digest(tokens.normalized_code(code))
        return token, code

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither used nor expired. For display: `use` decides."""
        return self.used_at is None and now < self.expires_at

    def is_from_browser(self, nonce: str) -> bool:
        """Whether that is the nonce of the requesting browser."""
        return compare_digest(self.nonce, tokens.digest(nonce))

    def use(self, now: datetime) -> bool:
        """Mark the link used, in one atomic UPDATE: of several concurrent calls exactly one returns True."""
        link = MagicLink
        mine = link.company_id == self.company_id, link.id == self.id
        unused = update(link).where(*mine, link.used_at.is_(None), link.expires_at > now)
        took = unused.values(used_at=now).returning(link.id).execution_options(synchronize_session=False)
        return db.session.scalar(took) is not None

    def people(self) -> Select:
        """The people of the company it signs in, as a select."""
        person = PEOPLE[self.audience]
        return person.with_email(self.email).where(person.company_id == self.company_id)

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes links a week after they expired."""
        return delete(cls).where(cls.expires_at < now - KEPT)


class HandOver(CompanyOwned, Model):
    """A link that signs a staff member in on the company's host, where a page of another host sends the browser:
    cookies stay on their host. It works once, within two minutes, and is in no email.
    """

    __table_args__ = (Index(None, "expires_at"), *within_company(staff_id="staff_member"))

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    next_path: Mapped[str] = mapped_column(String(2000))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)

    @classmethod
    def start(cls, member: StaffMember, *, next_path: str, now: datetime) -> str:
        """The URL of a new one, which is added to the session; its secret is kept nowhere else."""
        secret = tokens.token()
        row = cls(company=member.company, staff=member, digest=tokens.digest(secret), next_path=next_path)
        row.expires_at = now + HAND_OVER_LIFETIME
        db.session.add(row)
        return member.company.url(f"/office/hand-over/{secret}")

    @classmethod
    def with_token(cls, company, token: str) -> Select:
        """The company's one with that token, whether or not it still works."""
        return select(cls).where(cls.company_id == company.id, cls.digest == tokens.digest(token))

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither used nor expired. For display: `use` decides."""
        return self.used_at is None and now < self.expires_at

    def use(self, now: datetime) -> StaffMember | None:
        """Whom it signs in; None if it was used or has expired, also by another request at the same moment."""
        row = HandOver
        mine = row.company_id == self.company_id, row.id == self.id
        unused = update(row).where(*mine, row.used_at.is_(None), row.expires_at > now)
        took = unused.values(used_at=now).returning(row.id).execution_options(synchronize_session=False)
        took = db.session.scalar(took)
        return self.staff if took is not None and self.staff.left_at is None else None

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes those that expired a week ago."""
        return delete(cls).where(cls.expires_at < now - KEPT)


class SignIn(CompanyOwned, Model):
    """One browser in which a contact (portal) or a staff member (office) is signed in.

    `email` is the `folded` address. `contact` is None until a customer is chosen, where the address belongs to several.
    `way` is the mark of the link that led to it (`ways`).
    """

    __table_args__ = (
        CheckConstraint("contact_id IS NULL OR staff_id IS NULL", name="one_person"),
        Index(None, "company_id", "email"),
        Index(None, "company_id", "contact_id", "seen_at"),
        Index(None, "company_id", "staff_id"),
        Index(None, "company_id", "way", "created_at"),
        UniqueConstraint("company_id", "id"),
        one_of("way", ("", *WAYS)),
        *within_company(contact_id="contact", staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str]
    contact_id: Mapped[int | None] = mapped_column()
    staff_id: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(300), default="")
    ip_address: Mapped[str] = mapped_column(String(45), default="")
    way: Mapped[str] = mapped_column(String(20), default="", server_default="")

    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    staff: Mapped[StaffMember | None] = relationship(foreign_keys=staff_id)

    @classmethod
    def start(
        cls, *people: Contact | StaffMember, browser: str, by: Actor, now: datetime, way: str = ""
    ) -> tuple["SignIn", str]:
        """A new sign-in, added to the session, and the secret for its cookie, which is kept nowhere else.

        `browser` is the User-Agent header. With several `people` (contacts with one email address) the customer is
        chosen later.
        """
        secret = tokens.token()
        first = people[0]
        row = cls(company=first.company, email=first.email_key, digest=tokens.digest(secret))
        row.created_at = row.seen_at = now
        row.way = way
        row.browser, row.ip_address = browser[:300], by.ip_address[:45]
        if isinstance(first, StaffMember):
            row.staff = first
            first.join(by=by, at=now)
        elif len(people) == 1:
            row.contact = first
        db.session.add(row)
        record(row, "signed_in", by=by, at=now, after={"browser": browser_label(row.browser)})
        return row, secret

    def of_this_person(self, now: datetime) -> Sequence["SignIn"]:
        """All valid sign-ins of the same staff member or, in the portal, of the same address; the last used first."""
        valid = {"company_id": self.company_id, "idle_since": now - IDLE, "oldest": now - LONGEST}
        if self.staff_id:
            return db.session.scalars(OF_STAFF, valid | {"staff_id": self.staff_id}).all()
        return db.session.scalars(OF_ADDRESS, valid | {"email": self.email}).all()

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes sign-ins a week after they ended or expired, but for each contact's last one: it
        tells the office who has ever used the portal. Those that are counted by their way in stay for so long.
        """
        long_ago = now - KEPT
        expired = (cls.ended_at < long_ago, cls.seen_at < long_ago - IDLE, cls.created_at < long_ago - LONGEST)
        later = aliased(cls)
        same = later.company_id == cls.company_id, later.contact_id == cls.contact_id
        is_later = tuple_(later.seen_at, later.id) > tuple_(cls.seen_at, cls.id)
        counted = or_(cls.way == "", cls.created_at < now - COUNTED)
        return delete(cls).where(or_(*expired), or_(cls.contact_id.is_(None), exists().where(*same, is_later)), counted)

    @classmethod
    def counts(cls) -> Select:
        """How many sign-ins there were by each marked way, as a select with the parameters `company_id` and `since`."""
        mine = cls.company_id == COMPANY, cls.way != "", cls.created_at >= bindparam("since", type_=Utc)
        return select(cls.way, func.count()).where(*mine).group_by(cls.way)

    @property
    def customer_id(self) -> int | None:
        """The customer of the contact, for the audit trail."""
        return self.contact.customer_id if self.contact else None

    @property
    def mark(self) -> str:
        """Identifies the sign-in in URLs of its owner's pages."""
        return self.digest[:16]

    def needs_touch(self, now: datetime) -> bool:
        """Whether to restart the 30 days: at most once an hour, to save writes."""
        return now - self.seen_at >= TOUCH_EVERY

    def is_of_staff_here(self, now: datetime) -> bool:
        """Whether it is a valid sign-in of a staff member who is still here, under the same address."""
        valid = self.ended_at is None and now - self.seen_at < IDLE and now - self.created_at < LONGEST
        return valid and self.staff is not None and not self.staff.left_at and self.staff.email_key == self.email

    def choose(self, contact: Contact, *, by: Actor, now: datetime):
        """Continue as the contact of one of the customers that share the email address."""
        before = {"customer": self.contact.customer.name} if self.contact else {}
        self.contact = contact
        record(self, "chose_customer", by=by, at=now, before=before, after={"customer": contact.customer.name})

    def end(self, *, by: Actor, now: datetime):
        """Sign this browser out; does nothing if it is signed out already."""
        if self.ended_at is None:
            self.ended_at = now
            record(self, "signed_out", by=by, at=now, after={"browser": browser_label(self.browser)})


VALID = (
    select(SignIn)
    .where(
        SignIn.company_id == COMPANY,
        SignIn.ended_at.is_(None),
        SignIn.seen_at > bindparam("idle_since", type_=Utc),
        SignIn.created_at > bindparam("oldest", type_=Utc),
    )
    .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
)
OF_STAFF = VALID.where(SignIn.staff_id == bindparam("staff_id"))
OF_ADDRESS = VALID.where(SignIn.email == bindparam("email"), SignIn.staff_id.is_(None))


class ApiToken(CompanyOwned, Model):
    """A token for one company's API: kept as a digest, valid until it is revoked."""

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    @classmethod
    def make(cls, company, name: str, *, by: Actor, now: datetime) -> tuple["ApiToken", str]:
        """A new token, added to the session, and its secret, which is kept nowhere else."""
        secret = tokens.token()
        row = cls(company=company, name=name, digest=tokens.digest(secret), created_at=now)
        db.session.add(row)
        record(row, "created", by=by, at=now, after={"name": name})
        return row, secret

    @classmethod
    def matching(cls, company, secret: str) -> Select:
        """The company's token with that secret, unless it was revoked."""
        mine = cls.company_id == company.id
        return select(cls).where(mine, cls.digest == tokens.digest(secret), cls.revoked_at.is_(None))

    @classmethod
    def active(cls, company, name: str) -> Select:
        """A company's tokens of that name that were not revoked."""
        return select(cls).where(cls.company_id == company.id, cls.name == name, cls.revoked_at.is_(None))

    def revoke(self, *, by: Actor, now: datetime):
        if self.revoked_at is None:
            self.revoked_at = now
            record(self, "revoked", by=by, at=now, before={"name": self.name})
