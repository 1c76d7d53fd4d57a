"""Automatic payments after the response: announcing them, charging them on their day, following their attempts."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import PAYMENTS, STRIPE, enqueue_once, job
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import charging
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import AutoPayCharge


@job("payments.find_automatic", lane=PAYMENTS, label=_l("Finding automatic payments"))
def find_automatic():
    """Every hour: announce the automatic payments of the next days, and charge those of today, in each company's own
    calendar. A day on which no worker ran is made up for.
    """
    for row in db.session.scalars(
        select(AutoPay).where(AutoPay.ended_at.is_(None)).options(joinedload(AutoPay.company))
    ):
        enqueue_once("payments.plan_automatic", row.id, company=row.company, auto_pay_id=row.id)
    for company in db.session.scalars(select(Company)).all():
        enqueue_charges(company)


def enqueue_charges(company: Company):
    for charge_id in db.session.scalars(AutoPayCharge.due(company, company.day(clock.now()))).all():
        enqueue_once("payments.charge_automatically", charge_id, company=company, charge_id=charge_id)


@job("payments.plan_automatic", lane=PAYMENTS, label=_l("Announcing automatic payments"))
def plan_automatic(auto_pay_id: int):
    """Announce the payments that are due soon under one consent."""
    row = db.session.scalars(AutoPay.locked(auto_pay_id)).one()
    with speaking(OFFICE):
        if row.plan(at=clock.now()):
            db.session.flush()
            enqueue_charges(row.company)


@job("payments.charge_automatically", lane=PAYMENTS, server=STRIPE, label=_l("Charging an automatic payment"))
def charge_automatically(charge_id: int):
    charging.charge(charge_id)


@job("payments.follow_automatic", lane=PAYMENTS, server=STRIPE, label=_l("Following an automatic payment"))
def follow_automatic(attempt_id: int):
    charging.follow(attempt_id)
