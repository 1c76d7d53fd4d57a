"""Settings -> Plan: what the company's plan includes, how to change it, and how it is paid."""

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from sqlalchemy import select

from sergio.billing import jobs, subscribing  # noqa: F401 - the worker finds its jobs by name
from sergio.billing.forms import PlanForm
from sergio.billing.models import Subscription, SubscriptionInvoice, is_managed
from sergio.companies.plans import BY_CODE
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import csp
from sergio.payments.stripe import declines
from sergio.payments.stripe.errors import Gone, Rejected, Unavailable
from sergio.payments.stripe.subscriptions import Subscriptions
from sergio.web.pages import go, page

PATIENCE = 30
SHOWN_INVOICES = 24

bp = Blueprint("plan", __name__, url_prefix="/plan")


@bp.get("")
def show():
    """The plans, the subscription and its invoices, as our rows have them; Stripe is not asked."""
    company, subscription = g.company, own_subscription()
    begun = subscription if subscription and subscription.began_at else None
    invoices = db.session.scalars(SubscriptionInvoice.of_company(company.id).limit(SHOWN_INVOICES)).all()
    return page(
        "billing/settings/plan.html",
        plans=BY_CODE.values(),
        current=company.effective_plan,
        subscription=begun,
        unfinished=subscription if subscription and subscription.is_waiting else None,
        managed=is_managed(company, subscription),
        invoices=invoices,
    )


@bp.post("/subscription")
def create():
    """Begin a subscription; the next page asks for the card."""
    subscribing.begin(g.company.id, chosen_plan(), by=g.actor)
    return go(url_for(".payment"))


@bp.post("/change")
def update():
    """Change to another plan, paid with the card that Stripe keeps."""
    plan = chosen_plan()
    subscribing.switch(g.company.id, plan, by=g.actor)
    flash(_("You're on the %(plan)s plan now.", plan=BY_CODE[plan].name), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/cancellation")
def destroy():
    """Let the plan end with the period that is paid; at once, if it is not."""
    subscribing.end_with_period(g.company.id, by=g.actor)
    if own_subscription():
        flash(_("Your plan won't renew. You have it until the end of the period you paid for."), "success")
    else:
        flash(_("Your plan has ended. You're on Free now."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/renewal")
def renew():
    """Take a cancellation back."""
    subscribing.keep_renewing(g.company.id, by=g.actor)
    flash(_("Your plan will keep renewing."), "success")
    return redirect(url_for(".show"), 303)


@bp.get("/payment")
def payment():
    """The card form for what is due: the first payment, or a renewal that failed."""
    subscription = own_subscription()
    if (
        subscription is None
        or subscription.stripe_id is None
        or not (subscription.is_waiting or subscription.unpaid_since)
    ):
        return go(url_for(".show"))
    db.session.close()
    try:
        found = Subscriptions().read_all(subscription.stripe_id)
    except Gone:
        raise Refused(_("Stripe has no record of this subscription. Contact support.")) from None
    if not found.secret:
        return go(url_for(".progress"))
    return card_form(
        "billing/settings/payment.html", found.secret, subscription, decline=declines.sentence_for(found.decline)
    )


@bp.get("/progress")
def progress():
    """Whether Stripe has reported the payment, or the saved card, by now; the page polls for about a minute."""
    if request.args.get("redirect_status") == "failed":
        setup = "setup_intent" in request.args
        return go(url_for(".edit_card" if setup else ".payment"))
    if any(name in request.args for name in ("payment_intent", "setup_intent")):
        return go(url_for(".progress"))  # the client secret does not stay in the address
    subscription = own_subscription()
    if subscription is None:
        return go(url_for(".show"))
    if not (subscription.is_waiting or subscription.unpaid_since or subscription.setup):
        return go(url_for(".show"))
    polls = request.args.get("polls", 0, type=int)
    return page(
        "billing/settings/progress.html",
        "progress",
        subscription=subscription,
        polls=polls,
        patient=polls < PATIENCE,
    )


@bp.post("/card")
def create_card():
    """Begin to save another card; the next page asks for it."""
    subscribing.set_up_card(g.company.id, by=g.actor)
    return go(url_for(".edit_card"))


@bp.get("/card")
def edit_card():
    """The form for another card."""
    subscription = own_subscription()
    if subscription is None or subscription.setup is None:
        return go(url_for(".show"))
    db.session.close()
    try:
        setup = Subscriptions().read_setup(subscription.setup)
    except Rejected:
        raise Refused(_("That form has expired. Click Change card again.")) from None
    if setup.status in ("succeeded", "canceled"):
        return go(url_for(".progress"))
    return card_form("billing/settings/card.html", setup.secret, subscription, decline="")


@bp.get("/invoices/<int:invoice_id>")
def invoice(invoice_id):
    """The invoice's page at Stripe, which has the PDF; its address expires, so Stripe is asked for it."""
    mine = SubscriptionInvoice.company_id == g.company.id
    row = db.one_or_404(select(SubscriptionInvoice).where(mine, SubscriptionInvoice.id == invoice_id))
    db.session.close()
    try:
        url = Subscriptions().invoice_url(row.stripe_id)
    except Rejected:
        url = None
    if not url:
        raise Refused(_("Stripe no longer has this invoice. Contact support for a copy."))
    return redirect(url, 303)


@bp.errorhandler(Unavailable)
def stripe_unavailable(trouble):
    """A page (503) for when Stripe does not respond."""
    current_app.logger.warning("Stripe: %s", trouble)
    db.session.rollback()
    return page("billing/settings/away.html", status=503)


def card_form(template: str, secret: str, subscription: Subscription, *, decline: str):
    """A page with Stripe's card form for an intent's client secret."""
    config = current_app.config["SERGIO"]
    csp.allow_stripe(config)
    return page(
        template,
        secret=secret,
        subscription=subscription,
        decline=decline,
        declines={code: str(sentence) for code, sentence in declines.SENTENCES.items()},
        back=g.company.url(url_for(".progress")),
        stripe_js=config.stripe_js_url,
        key=config.stripe_publishable_key,
    )


def own_subscription() -> Subscription | None:
    """The company's subscription that is not over."""
    return db.session.scalar(Subscription.of(g.company.id))


def chosen_plan() -> str:
    """The plan of a button."""
    form = PlanForm()
    if not form.validate_on_submit():
        raise Refused(_("Choose one of the plans."))
    return str(form.plan.data)
