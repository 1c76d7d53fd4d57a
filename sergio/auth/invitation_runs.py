"""Inviting many customers at once: a run goes through contacts page by page and notes what it did with each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Index, Row, Select, String, UniqueConstraint, and_, bindparam, func, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import STAFF, Actor
from sergio.audit.models import record
from sergio.auth import invitees
from sergio.auth.invitations import PortalInvitation
from sergio.auth.invitees import LATELY
from sergio.auth.labels import COMPLETE, ENDS, NO_PORTAL, OUTCOMES, SAME_MAILBOX, SENT, STOPPED, WHO
from sergio.companies.models import Company
from sergio.customers.models import Contact
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.email_addresses import mailbox
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

PAGE = 25
MOST_A_DAY = 2_000
"""Invitations of a company in 24 hours, so that nobody sends spam through us; the rest of a run waits."""
LATER = timedelta(hours=1)
UNFINISHED = text("finished_at IS NULL")


class InvitationRun(CompanyOwned, Model):
    """A run through the contacts that `who` names; `chosen` are the ids of those ticked.

    A job invites `PAGE` contacts behind `last_contact_id` in one transaction and enqueues the next page, so after a
    crash a run goes on where it was. It is in the lane of emails, behind those it has just added: other emails wait for
    a page at most, and sign-in emails not at all. A company has one run at a time.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "number"),
        Index(
            *("uq_invitation_run_unfinished", "company_id"),
            unique=True,
            sqlite_where=UNFINISHED,
        ),
        *within_company(staff_id="staff_member"),
        one_of("who", WHO),
        one_of("ended", ("", *ENDS)),
        at_least("number", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    who: Mapped[str] = mapped_column(String(20))
    chosen: Mapped[list] = mapped_column(default=list)
    staff_id: Mapped[int] = mapped_column()
    started_at: Mapped[datetime]
    total: Mapped[int]
    last_contact_id: Mapped[int] = mapped_column(default=0)
    resumes_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    ended: Mapped[str] = mapped_column(String(20), default="")

    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)

    @classmethod
    def start(
        cls, company: Company, who: str, chosen: Sequence[int], member: StaffMember, *, by: Actor, at: datetime
    ) -> "InvitationRun":
        """Begin to invite; a job does the rest. `Refused` while another run is going on, or with nobody to invite."""
        if not company.has_portal:
            raise Refused(_("Your plan doesn't include the customer portal. Upgrade to invite customers."))
        if running := db.session.scalar(cls.unfinished(company)):
            raise Refused(_("%(name)s is already sending invitations. Wait until it's done.", name=running.staff.name))
        counts = invitees.counted(company, who, chosen, at)
        if not counts.get(SENT):
            raise Refused(_("Nobody you chose can be invited right now. Choose other customers."))
        row = cls(company=company, number=company.next_number("invitation run"), who=who, chosen=list(chosen))
        row.staff, row.started_at, row.total = member, at, sum(counts.values())
        db.session.add(row)
        record(row, "started", by=by, at=at, after={"contacts": row.total})
        row._enqueue(at)
        return row

    @classmethod
    def unfinished(cls, company: Company) -> Select:
        return select(cls).where(cls.company_id == company.id, cls.finished_at.is_(None))

    @classmethod
    def numbered(cls, company: Company, number: int) -> Select:
        return select(cls).where(cls.company_id == company.id, cls.number == number).options(joinedload(cls.staff))

    def invite_page(self, now: datetime):
        """Invite the next contacts; finish after the last one, or where the plan has no portal any more."""
        if self.finished_at:
            return
        if not self.company.has_portal:
            self._finish(NO_PORTAL, now)
            return
        page = min(PAGE, MOST_A_DAY - self._sent_lately(now))
        if page <= 0:
            self.resumes_at = later = now + LATER
            self._enqueue(later)
            return
        self.resumes_at = None
        asked = invitees.parameters(self.company, self.who, self.chosen, now)
        place = {"run_since": self.started_at, "after": self.last_contact_id, "page": page}
        rows = db.session.execute(invitees.invitees_after(self.who), asked | place).all()
        self._invite(rows, now)
        if len(rows) < page:
            self._finish(COMPLETE, now)
            return
        self.last_contact_id = rows[-1].id
        self._enqueue(now)

    def stop(self, *, by: Actor, at: datetime):
        """Invite nobody else; a second call changes nothing."""
        db.session.refresh(self, ["finished_at"], with_for_update=True)
        if self.finished_at is None:
            self._finish(STOPPED, at)
            record(self, "stopped", by=by, at=at)

    def counts(self) -> dict[str, int]:
        """How many contacts had each outcome so far."""
        found = db.session.execute(COUNTS, {"company_id": self.company_id, "run_id": self.id})
        return dict(tuple(row) for row in found)

    def _invite(self, rows: Sequence[Row], now: datetime):
        """Invite those rows whose outcome is `SENT`, each mailbox once a day, and note the outcome of all."""
        ids = [row.id for row in rows if row.outcome == SENT]
        found = db.session.execute(to_invite(), {"company_id": self.company_id, "ids": ids})
        contacts = {contact.id: (contact, earlier) for contact, earlier in found}
        by, mailboxes = Actor(STAFF, self.staff.name, self.staff_id), self._mailboxes_lately(now)
        for row in rows:
            outcome = row.outcome
            if outcome == SENT and mailbox_of(row.email_key) in mailboxes:
                outcome = SAME_MAILBOX
            if outcome == SENT:
                mailboxes.add(mailbox_of(row.email_key))
                PortalInvitation.email_to(*contacts[row.id], by=by, at=now)
            note = InvitationOutcome(company_id=self.company_id, run_id=self.id, contact_id=row.id, outcome=outcome)
            db.session.add(note)

    def _mailboxes_lately(self, now: datetime) -> set[str]:
        """The mailboxes that the company has invited in the last 24 hours, whatever is behind a plus sign."""
        sent = PortalInvitation.company_id == self.company_id, PortalInvitation.sent_at > now - LATELY
        return set(map(mailbox_of, db.session.scalars(select(PortalInvitation.email).where(*sent))))

    def _sent_lately(self, now: datetime) -> int:
        sent = PortalInvitation.company_id == self.company_id, PortalInvitation.sent_at > now - LATELY
        return db.session.execute(select(func.count()).where(*sent)).scalar_one()

    def _enqueue(self, at: datetime):
        db.session.flush()
        jobs.enqueue("auth.invite_page", company=self.company, at=at, run_id=self.id)

    def _finish(self, ended: str, at: datetime):
        self.finished_at, self.ended, self.resumes_at = at, ended, None


def mailbox_of(email: str) -> str:
    """The mailbox of an address; the address itself where folding has left none."""
    try:
        return mailbox(email)
    except ValueError:
        return email


class InvitationOutcome(CompanyOwned, Model):
    """What a run did with one contact: once, so that it invites nobody twice."""

    __table_args__ = (
        UniqueConstraint("company_id", "run_id", "contact_id"),
        Index(None, "company_id", "run_id", "outcome", "contact_id"),
        Index(None, "company_id", "contact_id"),
        *within_company(run_id="invitation_run", contact_id="contact"),
        one_of("outcome", OUTCOMES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    outcome: Mapped[str] = mapped_column(String(20))


COUNTS = (
    select(InvitationOutcome.outcome, func.count())
    .where(InvitationOutcome.company_id == COMPANY, InvitationOutcome.run_id == bindparam("run_id"))
    .group_by(InvitationOutcome.outcome)
)


@cache
def to_invite() -> Select:
    """Contacts, each with the invitation that a new one takes the place of."""
    current = PortalInvitation.contact_id == Contact.id, PortalInvitation.revoked_at.is_(None)
    rows = select(Contact, PortalInvitation).outerjoin(
        PortalInvitation, and_(PortalInvitation.company_id == COMPANY, *current)
    )
    mine = Contact.company_id == COMPANY, Contact.id.in_(bindparam("ids", expanding=True))
    return rows.where(*mine).options(joinedload(Contact.customer))
