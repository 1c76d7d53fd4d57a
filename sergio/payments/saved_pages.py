"""The customer's saved payment methods."""

from flask import Blueprint, current_app, flash, request, url_for

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments import consents, csp, saving
from sergio.payments.autopay import AutoPay
from sergio.payments.away import show_stripe_away
from sergio.payments.paying import kept_methods, own_method, payer, refuse_paused
from sergio.payments.saved_forms import SavingForm, consent
from sergio.payments.stripe import declines
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.methods import Methods
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

PATIENCE = 30

bp = Blueprint("payment_methods", __name__, url_prefix="/payment-methods")
show_stripe_away(bp)


@bp.get("")
def index():
    return methods_page(SavingForm())


@bp.post("")
@returns_form
def create():
    """Begin to save a method; the next page asks for it."""
    form = SavingForm()
    if not form.validate_on_submit():
        return methods_page(form, 422)
    agreed = consent(consents.TO_SAVE, consents.to_save(viewer.company))
    return go(url_for(".edit", row_id=saving.begin(payer().id, form.method, agreed, by=viewer.by)))


@bp.get("/<int:row_id>/form")
def edit(row_id):
    """Stripe's form for a method that is being saved."""
    row = db.one_or_404(own_method(row_id))
    if row.stripe_id or row.setup is None:
        return go(url_for(".show", row_id=row_id))
    refuse_paused()
    account, setup, is_card = row.account, row.setup, row.method == "card"
    db.session.close()
    found = Methods(Gateway(account)).read_setup(setup)
    if found.status in ("succeeded", "canceled"):
        return go(url_for(".show", row_id=row_id))
    if found.verify:
        return page("payments/portal/verify_saved.html", verify=found.verify)
    config = current_app.config["SERGIO"]
    csp.allow_stripe(config)
    return page(
        "payments/portal/save.html",
        found=found,
        is_card=is_card,
        decline=declines.sentence_for(found.decline),
        declines={code: str(sentence) for code, sentence in declines.SENTENCES.items()},
        back=viewer.company.url(url_for(".show", row_id=row_id)),
        stripe_js=config.stripe_js_url,
        key=config.stripe_publishable_key,
    )


@bp.get("/<int:row_id>")
def show(row_id):
    """Whether it is saved, as Stripe's events said; the page polls for about a minute."""
    if "setup_intent_client_secret" in request.args:
        return go(url_for(".show", row_id=row_id))
    row = db.one_or_404(own_method(row_id))
    polls = request.args.get("polls", 0, type=int)
    return page("payments/portal/saved.html", "saved", row=row, polls=polls, patient=polls < PATIENCE)


@bp.post("/<int:row_id>/default")
def choose(row_id):
    """Offer it first from now on."""
    payer()
    row = db.one_or_404(own_method(row_id).with_for_update())
    row.make_default(by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("We'll offer %(card)s first from now on.", card=row.label), "success")
    return go(url_for(".index"))


@bp.post("/<int:row_id>/removal")
def remove(row_id):
    payer()
    row = db.one_or_404(own_method(row_id))
    saving.remove(row.id, by=viewer.by)
    db.session.commit()
    flash(_("%(card)s was removed.", card=row.label), "success")
    return go(url_for(".index"))


def methods_page(form: SavingForm, status: int = 200):
    methods = kept_methods()
    auto_pay = db.session.scalar(AutoPay.of(viewer.customer))
    context = {"methods": methods, "auto_pay": auto_pay, "today": today(), "form": form}
    return page("payments/portal/methods.html", "methods", status=status, **context)
