"""Connecting a company to its own account at Stripe.

Each step is a row of ours, a call, and what the response says. The steps commit themselves, because no transaction may
stay open while Stripe responds.
"""

import logging

from flask import current_app
from sqlalchemy import select

from sergio.audit.actor import Actor
from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.stripe import accounts, onboarding
from sergio.payments.stripe.connections import EXPRESS, FULL, StripeConnection
from sergio.payments.stripe.errors import Gone, Rejected, Unavailable

log = logging.getLogger(__name__)
STRIPES_DASHBOARD = "https://dashboard.stripe.com"
BACK, AGAIN = "/office/settings/payments/stripe/return", "/office/settings/payments/stripe/form"


def connect(company_id: int, *, by: Actor) -> str:
    """The URL of Stripe's form for the company's account, which is created if there is none. Commits on the way.

    `Refused` where Stripe will not have it, or does not answer; pressing once more goes on where this ended.
    """
    refuse_without_keys()
    for _attempt in range(2):
        account = account_of(company_id, by=by)
        try:
            return form_url(company_id, account)
        except Gone as trouble:
            log.warning("Stripe account %s is not available: %s", account, trouble)
            locked(company_id).start_anew()
            db.session.commit()
    raise Refused(_("Stripe can't connect your account right now. Try again later."))


def account_of(company_id: int, *, by: Actor) -> str:
    """The company's account, created and kept if there is none. Commits."""
    company = db.session.scalars(locked_company(company_id)).one()
    row = StripeConnection.start(company, by=by, at=clock.now())
    account, request = row.account, row.request()
    db.session.commit()
    if account is None:
        try:
            account = onboarding.create(request)
        except (Unavailable, Rejected) as trouble:
            log.warning("no Stripe account was created for company %s: %s", company_id, trouble)
            if isinstance(trouble, Rejected) or trouble.key_is_spent:
                locked(company_id).start_anew()
                db.session.commit()
            raise Refused(away()) from trouble
        row = locked(company_id)
        row.connect(account, by=by, at=clock.now())
        account = row.account or account
        db.session.commit()
    return account


def form_url(company_id: int, account: str) -> str:
    """A new link to Stripe's form. Leaves no transaction open."""
    company = db.session.get_one(Company, company_id)
    back, again = company.url(BACK), company.url(AGAIN)
    db.session.close()
    try:
        return onboarding.link(account, back=back, again=again)
    except Unavailable as trouble:
        raise Refused(away()) from trouble


def dashboard_url(connection: StripeConnection) -> str:
    """Where the company sees its payouts at Stripe. Leaves no transaction open."""
    config, account, kind = current_app.config["SERGIO"], connection.account or "", connection.dashboard
    if kind == FULL:
        test = "" if config.charges_for_real else "/test"
        return f"{STRIPES_DASHBOARD}{test}/payouts" if config.calls_stripe else config.stripe_api_base
    db.session.close()
    try:
        if kind == EXPRESS:
            return onboarding.login_link(account)
    except (Unavailable, Rejected) as trouble:
        raise Refused(away()) from trouble
    raise Refused(_("This account has no dashboard at Stripe."))


def check(company_id: int):
    """Read the company's account at Stripe, and keep what it says. Commits. `Refused` when Stripe does not answer."""
    account = db.session.get_one(Company, company_id).stripe_account or ""
    db.session.close()
    try:
        accounts.check_account(account)
    except Unavailable as trouble:
        raise Refused(away()) from trouble
    db.session.commit()


def disconnect(company_id: int, *, by: Actor):
    """Take no more online payments on the company's own account. The caller commits.

    Nothing is revoked at Stripe, as the page says. OAuth's deauthorization is for accounts that were connected by OAuth
    (docs.stripe.com/connect/oauth-standard-accounts). Ours are created for companies that are Stripe's own customers:
    Stripe neither deletes nor rejects those for us (docs.stripe.com/api/accounts/delete and /api/account/reject).
    """
    row = db.session.scalar(StripeConnection.of(db.session.scalars(locked_company(company_id)).one()))
    if row:
        row.disconnect(by=by, at=clock.now())


def locked(company_id: int) -> StripeConnection:
    """The company's connection, and the company locked until the commit."""
    return db.session.scalars(StripeConnection.of(db.session.scalars(locked_company(company_id)).one())).one()


def locked_company(company_id: int):
    again = {"populate_existing": True, **EVERY_COMPANY}
    return select(Company).where(Company.id == company_id).with_for_update().execution_options(**again)


def refuse_without_keys():
    if not current_app.config["SERGIO"].takes_cards:
        raise Refused(_("Online payments are turned off on this installation. Ask the people who run it."))


def away() -> str:
    return _("Stripe is not responding right now. Nothing was lost: try again in a few minutes.")
