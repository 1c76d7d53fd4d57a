"""Problems: emails that could not be delivered, and jobs that were given up."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, request, url_for
from flask_login import current_user
from sqlalchemy import ColumnElement, Integer, Row, Select, bindparam, cast, literal, null, or_, select, union_all

from sergio.auth.actors import current_actor
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.jobs.registry import label_of
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.models import OutgoingEmail
from sergio.staff.roles import DECISIONS
from sergio.web.pages import go, page

MOST, MOST_ON_DASHBOARD = 100, 10
SHOWN_FOR = timedelta(days=14)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
DELIVERY = "outbox.deliver"
EMAIL, JOB = "email", "job"
EMAILS = "emails"
TABS = (("", _l("All")), ("?show=emails", _l("Emails that did not arrive")))

bp = Blueprint("problems", __name__, url_prefix="/problems")


class Problem(NamedTuple):
    """A problem as pages show it; `to` is empty except for emails, `path` is where it is retried or discarded, and
    `customer` the path of the customer whom an email is about, if any.
    """

    what: str
    to: str
    why: str
    since: str
    path: str
    can_be_retried: bool
    customer: str


@bp.get("")
def index():
    """All problems or, with `?show=emails`, only the emails that did not arrive."""
    found, show = problems(g.company), request.args.get("show", "")
    if show == EMAILS:
        found = [problem for problem in found if problem.to]
    tabs = [
        (f"{url_for('.index')}{query}", label, (EMAILS in query) == (show == EMAILS), None) for query, label in TABS
    ]
    return page("overview/office/problems.html", problems=found, tabs=tabs, is_owner=current_user.may(DECISIONS))


@bp.post("/emails/<int:email_id>/retry")
def retry_email(email_id):
    email = own_email(email_id)
    if email.refused_at and email.can_be_retried:
        email.retry(by=current_actor(), now=clock.now())
    return done(_("Sending it again."))


@bp.post("/emails/<int:email_id>/discard")
def discard_email(email_id):
    own_email(email_id).discard(by=current_actor(), now=clock.now())
    return done(_("Discarded."))


@bp.post("/jobs/<int:job_id>/retry")
def retry_job(job_id):
    job = own_job(job_id)
    if job.failed_at:
        job.retry(by=current_actor(), now=clock.now())
    return done(_("Trying it again."))


@bp.post("/jobs/<int:job_id>/discard")
def discard_job(job_id):
    own_job(job_id).discard(by=current_actor(), now=clock.now())
    return done(_("Discarded."))


def problems(company: Company, since: datetime = LONG_AGO, most: int = MOST) -> list[Problem]:
    """The problems since an instant, the latest first, in one statement."""
    asked = {"company_id": company.id, "since": since, "most": most}
    return [problem(row, company) for row in db.session.execute(every_problem(), asked)]


def latest_problems(company: Company, now: datetime) -> list[Problem]:
    """The latest of the last two weeks, for the dashboard."""
    return problems(company, now - SHOWN_FOR, MOST_ON_DASHBOARD)


@cache
def every_problem() -> Select:
    """The `most` latest since an instant, of all kinds; each kind is read by an index of its own."""
    rows = union_all(
        *(select(kind.subquery()) for kind in (refused_emails(), stuck_emails(), failed_jobs()))
    ).subquery()
    return select(rows).order_by(rows.c.at.desc(), rows.c.id.desc()).limit(MOST_OF_ALL)


MOST_OF_ALL: Any = bindparam("most", type_=Integer)
SINCE = bindparam("since", type_=Utc)


def any_problem() -> Select:
    """A row for the dashboard's sums if there is a problem since an instant; it has no currency."""
    email = OutgoingEmail.undelivered(COMPANY).where(OutgoingEmail.refused_at > SINCE)
    job = Job.dead().where(Job.company_id == COMPANY, Job.failed_at > SINCE)
    return select(literal("problems"), literal(""), literal(1), literal(0)).where(or_(email.exists(), job.exists()))


def refused_emails() -> Select:
    """Emails that a mail server refused for good, and those that would have arrived too late."""
    email = OutgoingEmail
    facts = (email.refused_at.label("at"), email.to.label("to"), email.subject.label("what"))
    facts = (*facts, email.refusal.label("why"), literal(EMAIL).label("kind"), email.id.label("id"))
    rows = email.undelivered(COMPANY).with_only_columns(*facts, (email.text != "").label("again"), whose())
    return rows.where(email.refused_at > SINCE).order_by(email.refused_at.desc()).limit(MOST_OF_ALL)


def whose() -> ColumnElement[int]:
    """The number of the customer whom an email is about."""
    mine = Customer.company_id == COMPANY, Customer.id == OutgoingEmail.customer_id
    return select(Customer.number).where(*mine).scalar_subquery().label("customer")


def stuck_emails() -> Select:
    """Emails whose delivery was given up after all retries."""
    email = OutgoingEmail
    facts = (Job.failed_at, email.to, email.subject, Job.error, literal(JOB), Job.id, email.text != "", whose())
    rows = latest_dead().join(email, email.id == Job.args["email_id"].as_integer())
    rows = rows.where(email.company_id == COMPANY, Job.name == DELIVERY)
    return rows.with_only_columns(*facts, maintain_column_froms=True)


def failed_jobs() -> Select:
    """The company's other jobs that were given up."""
    nobody = cast(null(), Integer)
    facts = (Job.failed_at, literal(""), Job.name, Job.error, literal(JOB), Job.id, literal(True), nobody)
    return latest_dead().where(Job.name != DELIVERY).with_only_columns(*facts)


def latest_dead() -> Select:
    rows = Job.dead().where(Job.company_id == COMPANY, Job.failed_at > SINCE)
    return rows.order_by(Job.failed_at.desc()).limit(MOST_OF_ALL)


def problem(row: Row, company: Company) -> Problem:
    what = row.what if row.to else label_of(row.what)
    why = re.sub(r"^\w+: ", "", row.why) if row.kind == JOB else row.why  # without the class of the error
    path = f"/office/problems/{row.kind}s/{row.id}"
    customer = f"/office/customers/{row.customer}" if row.customer else ""
    return Problem(what, row.to, why, company.format_moment(row.at), path, bool(row.again), customer)


def own_email(email_id: int) -> OutgoingEmail:
    """The company's email, locked; 404 for any other."""
    mine = OutgoingEmail.id == email_id, OutgoingEmail.company_id == g.company.id
    return db.one_or_404(select(OutgoingEmail).where(*mine).with_for_update())


def own_job(job_id: int) -> Job:
    """The company's job, locked; 404 for any other."""
    return db.one_or_404(select(Job).where(Job.id == job_id, Job.company_id == g.company.id).with_for_update())


def done(message: str):
    """Commit, flash the message, and redirect to the list."""
    db.session.commit()
    flash(message, "success")
    return go(url_for("office.problems.index"))
