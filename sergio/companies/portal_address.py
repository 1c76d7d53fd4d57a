"""The subdomains of companies: which are free, moving to another one, and those that were left and are still kept."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Select, String, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies import subdomains
from sergio.companies.models import Company
from sergio.database import locks
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

KEPT = timedelta(days=90)
"""How long an old subdomain leads to the new one: emails and bookmarks with it are seldom older."""
LOCK = tokens.digest("subdomains")


MOST_FORMER = 3
"""Former addresses that a company holds at once, so that nobody collects names."""


class FormerSubdomain(CompanyOwned, Model):
    """A subdomain that a company left, with who did that, when, and until when it is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    subdomain: Mapped[str] = mapped_column(String(63), unique=True)
    look: Mapped[str] = mapped_column(String(63), index=True)
    left_at: Mapped[datetime]
    left_by: Mapped[str] = mapped_column(String(120))
    kept_until: Mapped[datetime]

    @classmethod
    def of(cls, company: Company, now: datetime) -> Select:
        """The subdomains that lead to a company, the latest first."""
        mine = select(cls).where(cls.company_id == company.id, cls.kept_until > now)
        return mine.order_by(cls.left_at.desc(), cls.id.desc())

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes those that are no longer kept."""
        return delete(cls).where(cls.kept_until <= now)


def why_not(subdomain: str, *, now: datetime, company: Company | None = None) -> str:
    """Why this company, or a new one, may not have a subdomain, as a sentence; "" if it may."""
    return subdomains.problem(subdomain) or why_taken(subdomain, now=now, company=company)


def why_taken(subdomain: str, *, now: datetime, company: Company | None = None) -> str:
    """As `why_not`, for a subdomain without a `subdomains.problem`. What a company left, it may take back."""
    look, own = subdomains.look(subdomain), company.id if company else 0
    same = or_(Company.subdomain_look == look, Company.subdomain == subdomain)
    current = select(Company.subdomain).where(same, Company.id != own)
    alike = FormerSubdomain.look == look, FormerSubdomain.kept_until > now
    former = select(FormerSubdomain.subdomain).where(*alike, FormerSubdomain.company_id != own)
    taken = db.session.scalars(current.union_all(former), execution_options=EVERY_COMPANY).all()
    if subdomain in taken:
        return _("“%(name)s” is already taken.", name=subdomain)
    return _("“%(name)s” looks too much like an address that is taken.", name=subdomain) if taken else ""


def suggested(name: str, *, now: datetime, company: Company | None = None) -> str:
    """A subdomain made from a name that this company, or a new one, may have; "" if none was found."""
    candidates = subdomains.suggestions(name)
    return next((each for each in candidates if not why_taken(each, now=now, company=company)), "")


def take(subdomain: str, *, now: datetime, company: Company | None = None):
    """Raise `Refused` unless this company, or a new one, may have a subdomain. Until the commit, nobody else can take
    it, or one that looks like it: those who want one wait for each other here.
    """
    locks.lock_until_commit(db.session, LOCK)
    if why := why_not(subdomain, now=now, company=company):
        raise Refused(why)
    again = delete(FormerSubdomain).where(FormerSubdomain.subdomain == subdomain)
    db.session.execute(again, execution_options={**EVERY_COMPANY, "synchronize_session": False})


def change(company: Company, subdomain: str, *, by: Actor, at: datetime):
    """Move a company to another subdomain. The old one leads there for 90 days, and only this company can have it."""
    if subdomain == company.subdomain:
        raise Refused(_("This is already your address."))
    if company.subdomain == current_app.config["SERGIO"].company:
        raise Refused(_("Your address is set in this installation's configuration. Ask its operator to change it."))
    refuse_collecting(company, subdomain, at)
    take(subdomain, now=at, company=company)
    before, company.subdomain = company.subdomain, subdomain
    left = FormerSubdomain(company=company, subdomain=before, look=subdomains.look(before), left_at=at)
    left.left_by, left.kept_until = by.name[:120], at + KEPT
    db.session.add(left)
    record(company, "changed_address", by=by, at=at, before={"subdomain": before}, after={"subdomain": subdomain})


def refuse_collecting(company: Company, subdomain: str, at: datetime):
    """Refuse a new address while `MOST_FORMER` others lead to the company."""
    kept = FormerSubdomain.of(company, at).with_only_columns(FormerSubdomain.subdomain, FormerSubdomain.kept_until)
    former = db.session.execute(kept).all()
    if len(former) < MOST_FORMER or subdomain in {row.subdomain for row in former}:
        return
    sentence = _(
        "Your last %(most)s addresses still lead here. Take one of them back, or choose a new one after %(day)s."
    )
    raise Refused(sentence % {"most": MOST_FORMER, "day": company.short_day(former[-1].kept_until)})
