"""Quotes, their lines, the versions that were sent, and the customers' answers."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    case,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from sergio import jobs, pricing
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Contact, Property
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import COMPANY, within_company
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.price_list import edits
from sergio.quotes import comparison, emails, evidence, invoicing, paths, statuses
from sergio.quotes.answer import QuoteAcceptance, QuoteAcceptanceUndone, QuoteChangeRequest, QuoteDecline, QuoteReply
from sergio.quotes.drafting import Draft, DraftChanged
from sergio.quotes.evidence import Signature, TotalChanged
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.lines import QuoteLine, QuotePackage, why_incomplete
from sergio.quotes.looks import QuoteLook, last_seen
from sergio.quotes.statuses import CHANGED, DRAFT, EXPIRED, OPEN, OUTCOMES, WITHDRAWN, outcome_of
from sergio.quotes.versions import QuoteVersion

MOST_REQUESTS = 10
UNANSWERED = text("open_until IS NOT NULL")
OPEN_SQL = f"outcome IN ({', '.join(map(repr, OPEN))})"
VERSION_KEY = "QuoteVersion.company_id, QuoteVersion.quote_id, QuoteVersion.version"
NEWEST = (
    "and_(QuoteVersion.company_id == Quote.company_id, QuoteVersion.quote_id == Quote.id,"
    " QuoteVersion.version == Quote.version)"
)
ACCEPTANCE_KEY = "QuoteAcceptance.company_id, QuoteAcceptance.quote_id, QuoteAcceptance.times_undone"
IN_FORCE = (
    "and_(QuoteAcceptance.company_id == Quote.company_id, QuoteAcceptance.quote_id == Quote.id,"
    " QuoteAcceptance.times_undone == Quote.times_undone)"
)


class Quote(Draft):
    """A priced offer, open until it is answered or its last day has passed.

    Its texts and lines are the draft, which staff may edit until it is accepted. The customer sees the newest version
    sent; `version` is its number, 0 before the first one.

    `outcome`, `open_until` and `shown_total` are projected from the versions and answers; only `_project` writes them.
    `outcome` does not depend on the day: `status` says what has expired.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index(None, "company_id", "outcome", "number"),
        Index(None, "company_id", "shown_total", "number"),
        Index(None, "company_id", "outcome", "shown_total", "number"),
        Index("ix_quote_unanswered", "company_id", "open_until", sqlite_where=UNANSWERED),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        at_least("number", 1),
        at_least("version", 0),
        at_least("deposit", 0),
        CheckConstraint(f"deposit_rate BETWEEN 0 AND {pricing.WHOLE}", name="deposit_rate"),
        CheckConstraint("deposit_rate = 0 OR deposit = 0", name="one_deposit"),
        code("currency", 3),
        one_of("outcome", OUTCOMES),
        CheckConstraint(f"(open_until IS NOT NULL) = ({OPEN_SQL})", name="open_until_a_day"),
    )

    contact_id: Mapped[int | None] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    withdrawn_at: Mapped[datetime | None]
    times_undone: Mapped[int] = mapped_column(default=0)

    outcome: Mapped[str] = mapped_column(String(20), default=DRAFT)
    open_until: Mapped[date | None]

    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)
    versions: Mapped[list[QuoteVersion]] = relationship(
        foreign_keys=QuoteVersion.quote_id, order_by=QuoteVersion.version
    )
    newest: Mapped[QuoteVersion | None] = relationship(
        primaryjoin=NEWEST, foreign_keys=f"[{VERSION_KEY}]", viewonly=True
    )
    acceptance: Mapped[QuoteAcceptance | None] = relationship(
        primaryjoin=IN_FORCE, foreign_keys=f"[{ACCEPTANCE_KEY}]", viewonly=True
    )
    undone: Mapped[list[QuoteAcceptanceUndone]] = relationship(
        foreign_keys=QuoteAcceptanceUndone.quote_id, order_by=QuoteAcceptanceUndone.id
    )
    declines: Mapped[list[QuoteDecline]] = relationship(foreign_keys=QuoteDecline.quote_id, order_by=QuoteDecline.id)
    change_requests: Mapped[list[QuoteChangeRequest]] = relationship(
        foreign_keys=QuoteChangeRequest.quote_id, order_by=QuoteChangeRequest.id
    )
    looks: Mapped[list[QuoteLook]] = relationship(foreign_keys=QuoteLook.quote_id, order_by=QuoteLook.id)

    @classmethod
    def whole(cls) -> Select:
        """The company's quotes with everything their page shows. Rows repeat: the result needs `unique()`."""
        parts = [joinedload(part) for part in (cls.newest, cls.acceptance, cls.declines)]
        conversation = joinedload(cls.change_requests).joinedload(QuoteChangeRequest.replies)
        return select(cls).where(cls.company_id == COMPANY).options(*parts, conversation)

    @classmethod
    @cache
    def own(cls) -> Select:
        """The same for the customer's quote with a `number`, unless it is a draft."""
        mine = cls.customer_id == bindparam("customer_id"), cls.number == bindparam("number")
        return cls.whole().where(*mine, cls.version > 0)

    portal_path = property(paths.portal_path)
    office_path = property(paths.office_path)

    @hybrid_method
    def status(self, on: date) -> str:
        """The status on a day of the company's calendar."""
        return statuses.status_on(self, on)

    @status.inplace.expression
    @classmethod
    def _status_in_sql(cls, on):
        return case((cls.has_expired(on), EXPIRED), else_=cls.outcome)

    @classmethod
    def is_open(cls, on: date | BindParameter[date]) -> ColumnElement[bool]:
        """The condition for quotes that can be answered; the index `ix_quote_unanswered` finds them."""
        return cls.open_until >= on

    @classmethod
    def has_expired(cls, on: date | BindParameter[date]) -> ColumnElement[bool]:
        """The condition for quotes whose last day passed without an answer."""
        return cls.open_until < on

    def _project(self):
        """Write to the row what versions and answers say. Every verb that changes any of them ends with this."""
        outcome = outcome_of(self)
        open_until = self.newest.valid_until if self.newest and outcome in OPEN else None
        self.shown_total = (self.acceptance or self.newest or self).total
        self.outcome, self.open_until = outcome, open_until  # both at once, as the CHECK constraint needs them

    def decline_of(self, version: int) -> QuoteDecline | None:
        return next((decline for decline in self.declines if decline.version == version), None)

    def requests_of(self, version: int) -> list[QuoteChangeRequest]:
        return [request for request in self.change_requests if request.version == version]

    @property
    def decline_now(self) -> QuoteDecline | None:
        return self.decline_of(self.version)

    @property
    def requests_now(self) -> list[QuoteChangeRequest]:
        return self.requests_of(self.version)

    @property
    def has_unanswered_request(self) -> bool:
        """Whether the customer wrote about the newest version, and staff have not replied since."""
        return bool(self.requests_now) and not self.requests_now[-1].replies

    def edit(
        self,
        lines: list[QuoteLine] | None = None,
        packages: Iterable[QuotePackage] = (),
        *,
        revision: int | None = None,
        by: Actor,
        at: datetime,
        **more,
    ):
        """Change only the draft: its texts and, if given, its lines and packages. The customer still sees the version
        sent. `DraftChanged` if the draft is not at `revision` any more, for None at any.
        """
        self.lock()
        self.must_allow_changes()
        if revision not in (None, self.revision):
            raise DraftChanged(_("Someone else changed this quote while you had it open."))
        before = evidence.draft_facts(self)
        self._write(lines, packages, more)
        self.revision += 1
        edits.record_edit(self, before, evidence.draft_facts(self), by=by, at=at)

    def publish(self, *, by: Actor, at: datetime):
        """Make the draft a version the customer sees, without an email: staff give them the link."""
        self.lock()
        self.must_allow_changes()
        self.sum_up_edits(at=at)
        before = evidence.sent_facts(self.newest) if self.newest else {}
        version = self._freeze(by=by, at=at)
        record(self, "published", by=by, at=at, before=before, after=evidence.sent_facts(version))

    def send_again(self, *, by: Actor, at: datetime):
        """Email the customer the version they can answer."""
        self.lock()
        version = self.must_be_open(self.version, at)
        record(self, "sent_again", by=by, at=at, after=evidence.sent_facts(version))
        emails.sent(self, version)

    def send(self, *, by: Actor, at: datetime, message: str = ""):
        """Publish the first version, and email the customer, with a `message` if there is one."""
        self.lock()
        if self.version:
            raise Refused(_("Quote %(number)s has already been sent.", number=self.number))
        self.sum_up_edits(at=at)
        version = self._freeze(by=by, at=at)
        record(self, "sent", by=by, at=at, after=evidence.sent_facts(version))
        emails.sent(self, version, message)

    def revise(
        self,
        lines: list[QuoteLine] | None = None,
        packages: Iterable[QuotePackage] = (),
        *,
        by: Actor,
        at: datetime,
        message: str = "",
        **more,
    ):
        """Send the draft, changed as in `edit`, as a new version that needs a new answer."""
        self.lock()
        self.must_allow_changes()
        before = evidence.sent_facts(self.newest) if self.newest else {}
        self.sum_up_edits(at=at)
        self._write(lines, packages, more)
        version = self._freeze(by=by, at=at)
        record(self, "revised", by=by, at=at, before=before, after=evidence.sent_facts(version))
        emails.revised(self, version, message)

    def withdraw(self, *, by: Actor, at: datetime):
        self.lock()
        status = self.status(self.company.day(at))
        if status not in OPEN:
            raise Refused(_("Quote %(number)s is not open, so it cannot be withdrawn.", number=self.number))
        self.withdrawn_at = at
        self._project()
        record(self, "withdrawn", by=by, at=at, before={"status": status}, after={"status": WITHDRAWN})
        self._keep_pdf()

    def accept(
        self,
        contact: Contact,
        signature: Signature,
        chosen,
        package: int | None = None,
        *,
        version,
        shown: int | None,
        pays_deposit: bool = False,
        by: Actor,
        at: datetime,
    ):
        """Accept the offer as it was shown, with the optional lines `chosen` and the `package` (ids); keep the proof.

        `version` and `shown` (the total, in minor units) are those of the page; `TotalChanged` for another total. The
        invoice of a deposit is issued at once, if the offer says so or the customer goes on to pay it.
        """
        self.lock()
        offered = self.must_be_open(version, at)
        evidence.refuse_unknown_package(offered.facts, package)
        offer = offered.offer(chosen, package)
        if shown != offer["total"]:
            raise TotalChanged(_("The total is now %(total)s.", total=FormattedOffer(offer).total))
        QuoteAcceptance.refuse_total(offer["total"], offered.currency, contact, at=at)
        proof = QuoteAcceptance(**self._answer(contact, offered, at), quote_id=self.id, offer=offer)
        proof.times_undone = self.times_undone
        evidence.sign(proof, signature)
        db.session.add(proof)
        set_committed_value(self, "acceptance", proof)
        self._project()
        record(self, "accepted", by=by, at=at, after=evidence.accepted_facts(proof, offered.currency))
        is_due = evidence.invoices_deposit(offer, pays=pays_deposit)
        emails.accepted(self, invoicing.invoice_deposit(self, by=by, at=at) if is_due else None)
        self._keep_pdf()

    def undo_acceptance(self, reason: str, *, by: Actor, at: datetime):
        """Open the quote again as it was, void its invoices, and tell the customer; `Refused` once one is paid."""
        proof = self.lock_accepted()
        invoicing.void_all(self, by=by, at=at)
        undone = {"quote_id": self.id, "times_undone": self.times_undone, "at": at, "name": by.name[:120]}
        db.session.add(QuoteAcceptanceUndone(company=self.company, reason=reason, **undone))
        self.times_undone += 1
        set_committed_value(self, "acceptance", None)
        self._project()
        before = evidence.accepted_facts(proof, self.currency)
        record(self, "acceptance_undone", by=by, at=at, before=before, after={"reason": reason})
        emails.acceptance_undone(self, proof, reason)
        self._keep_pdf()
        self.customer.bring_back(by=by, at=at)

    def decline(self, contact: Contact, reason: str, *, version: int | None, by: Actor, at: datetime):
        """Decline the version that was shown, and email the office."""
        self.lock()
        offered = self.must_be_open(version, at)
        answer = QuoteDecline(**self._answer(contact, offered, at), reason=reason)
        self.declines.append(answer)
        self._project()
        record(self, "declined", by=by, at=at, after={"version": answer.version, "reason": reason})
        emails.declined(self, offered, answer)
        self._keep_pdf()

    def ask_for_changes(self, contact: Contact, message: str, *, version: int | None, by: Actor, at: datetime):
        """Email the office what should be different in the version that was shown; the quote stays as it is."""
        self.lock()
        self._must_not_be_accepted()
        shown = next((sent for sent in self.versions if sent.version == version), None)
        if shown is None:
            raise Refused(str(CHANGED))
        if len(self.requests_of(shown.version)) >= MOST_REQUESTS:
            raise Refused(_("We have your messages about this quote and will get back to you."))
        request = QuoteChangeRequest(**self._answer(contact, shown, at), message=message)
        self.change_requests.append(request)
        self._project()
        record(self, "changes_requested", by=by, at=at, after={"version": request.version, "message": message})
        emails.change_requested(self, shown, request)

    def reply(self, message: str, *, by: Actor, at: datetime):
        """Answer the customer's messages about the version they wrote about last, and email them."""
        self.lock()
        if not self.change_requests:
            raise Refused(_("There is no message to answer."))
        request = self.change_requests[-1]
        about = {"quote_id": self.id, "request_id": request.id, "version": request.version, "at": at}
        reply = QuoteReply(company=self.company, message=message, name=by.name[:120], **about)
        db.session.add(reply)
        db.session.flush()
        db.session.expire(request, ["replies"])
        self._project()
        record(self, "replied", by=by, at=at, after={"version": reply.version, "message": message})
        emails.replied(self, request, reply)

    def must_be_open(self, version: int | None, at: datetime) -> QuoteVersion:
        """The newest version; `Refused` if the quote is not open or `version` is an older one."""
        self._must_not_be_accepted()
        status = self.status(self.company.day(at))
        if status not in OPEN or self.newest is None:
            raise Refused(str(statuses.WHY_CLOSED[status]))
        if version != self.version:
            raise Refused(str(CHANGED))
        return self.newest

    def _must_not_be_accepted(self):
        if self.acceptance:
            day = self.company.short_day(self.acceptance.at)
            raise Refused(_("%(name)s already accepted this quote on %(day)s.", name=self.acceptance.name, day=day))

    def lock_accepted(self) -> QuoteAcceptance:
        """Lock the quote until the commit; `Refused` unless it is accepted."""
        self.lock()
        if self.acceptance is None:
            raise Refused(_("Quote %(number)s has not been accepted.", number=self.number))
        return self.acceptance

    def must_allow_changes(self):
        if self.acceptance:
            raise Refused(_("Quote %(number)s was accepted. Create a new quote for more work.", number=self.number))

    def _freeze(self, *, by: Actor, at: datetime) -> QuoteVersion:
        """Store the draft as the next version."""
        if self.valid_until < self.company.day(at):
            raise Refused(_("Choose an expiration date that has not passed."))
        if why := why_incomplete(self.lines, self.packages):
            raise Refused(why)
        self.version, self.withdrawn_at = self.version + 1, None
        self.sent_revision = self.revision
        db.session.flush()  # gives the lines their ids
        self.company.keep_logo_for_documents(at=at)
        changes = comparison.since(last_seen(self), evidence.frozen(self, at))
        version = QuoteVersion(company=self.company, **evidence.version_of(self, at, changes))
        self.versions.append(version)
        set_committed_value(self, "newest", version)
        self._project()
        self._keep_pdf()
        self.customer.bring_back(by=by, at=at)
        return version

    def _keep_pdf(self):
        """Have the PDF rendered that shows the quote as it is from now on."""
        jobs.enqueue("quotes.keep_pdf", company=self.company, quote_id=self.id)

    def _answer(self, contact: Contact, shown: QuoteVersion, at: datetime) -> dict:
        """The columns that every answer has."""
        return {"company": self.company, "version": shown.version, "at": at, "contact": contact, "name": contact.name}
