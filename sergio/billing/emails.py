"""Emails to the owners of a company about its plan."""

from sqlalchemy import select

from sergio import outbox
from sergio.extensions import db
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.staff.models import OWNER, StaffMember


@speaking(OFFICE)
def started(subscription):
    """The first payment was made: what it costs, when it renews, and how to cancel."""
    subject = _("You're on the %(plan)s plan", plan=subscription.offer.name)
    to_owners(subscription, "billing/email/started", subject)


@speaking(OFFICE)
def payment_failed(subscription):
    """A renewal was not paid: until when it can be, before the plan ends."""
    subject = _("The payment for your %(plan)s plan didn't go through", plan=subscription.offer.name)
    to_owners(subscription, "billing/email/payment_failed", subject)


@speaking(OFFICE)
def ended(subscription):
    """The plan is over, and the company is on the free one."""
    subject = _("Your %(plan)s plan has ended", plan=subscription.offer.name)
    to_owners(subscription, "billing/email/ended", subject)


def to_owners(subscription, template: str, subject: str):
    company = subscription.company
    owners = select(StaffMember).where(StaffMember.company_id == company.id, StaffMember.role == OWNER)
    for owner in db.session.scalars(owners.where(StaffMember.left_at.is_(None))):
        outbox.send(company, owner.email, template, subject, subscription=subscription, owner=owner)
