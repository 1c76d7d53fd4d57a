"""The staff's door: a signed-in staff member of this company, whose role includes the page."""

from flask import Blueprint, abort, g, request
from flask_login import current_user

from sergio.audit.models import record
from sergio.auth.actors import current_actor
from sergio.auth.bulk_invitations import bp as invitation_runs
from sergio.auth.devices import bp as devices
from sergio.auth.hand_over import bp as hand_over
from sergio.auth.links_sent import office as links_sent
from sergio.auth.office import bp as invitations
from sergio.auth.sessions import renew_cookie
from sergio.auth.sign_in import bp as auth
from sergio.billing.settings import bp as plan
from sergio.booking.calendar_pages import bp as calendars
from sergio.booking.catalog import bp as services
from sergio.booking.explaining import bp as explaining
from sergio.booking.hours import bp as hours
from sergio.booking.inbox import bp as requests
from sergio.booking.moving import bp as moving
from sergio.booking.moving_series import bp as series
from sergio.booking.office import bp as schedule
from sergio.booking.on_site import bp as on_site
from sergio.booking.replying import bp as replying
from sergio.booking.settings import bp as booking
from sergio.booking.team import bp as team
from sergio.booking.to_invoice import bp as to_invoice
from sergio.booking.waitlist_list import bp as waitlist
from sergio.companies.branding.settings import bp as branding
from sergio.companies.portal_settings import bp as portal
from sergio.companies.settings import bp as company
from sergio.extensions import db, login
from sergio.invoices.changes import bp as changes
from sergio.invoices.customer_terms import bp as terms
from sergio.invoices.drafts import bp as drafts
from sergio.invoices.office import bp as invoices
from sergio.invoices.settings import bp as invoice_settings
from sergio.invoices.statement_pages import office as statement
from sergio.lib import clock
from sergio.overview.activity import bp as activity
from sergio.overview.branding_preview import bp as branding_preview
from sergio.overview.checklist import open_to
from sergio.overview.checklist_pages import bp as checklist
from sergio.overview.deliveries import bp as deliveries
from sergio.overview.email_settings import bp as emails
from sergio.overview.exports import bp as exports
from sergio.overview.office import customers, dashboard
from sergio.overview.preview import bp as preview
from sergio.overview.problems import bp as problems
from sergio.payments.autopay_office import bp as automatic
from sergio.payments.brakes_office import bp as pay_locks
from sergio.payments.connect_settings import bp as stripe
from sergio.payments.credit_pages import bp as credit
from sergio.payments.dispute_pages import bp as disputes
from sergio.payments.office import bp as payments
from sergio.payments.recording import bp as recording
from sergio.payments.refund_pages import bp as refunds
from sergio.payments.settings import bp as payment_settings
from sergio.permissions.of_staff import NEEDED, SIGNED_OUT, may_open
from sergio.price_list.office import bp as price_list
from sergio.price_list.settings import bp as price_list_settings
from sergio.quotes.attachment_pages import bp as quote_attachments
from sergio.quotes.builder import bp as quote_builder
from sergio.quotes.office import bp as quotes
from sergio.quotes.settings import bp as quote_settings
from sergio.service_area.settings import bp as service_area
from sergio.sign_up.settings import bp as portal_address
from sergio.staff.roles import DECISIONS
from sergio.support.office import bp as support
from sergio.trial.settings import bp as test_customer
from sergio.web.errors import show_refusals
from sergio.web.pages import page
from sergio.widget.settings import bp as widget
from sergio.widget.settings import ways_in

settings = Blueprint("settings", __name__, url_prefix="/settings")
for section in (
    *(company, portal_address, branding, branding_preview, portal, service_area, booking, services, hours, calendars),
    *(price_list_settings, quote_settings, invoice_settings, payment_settings, stripe, team, test_customer, plan),
    *(widget, ways_in, emails),
):
    settings.register_blueprint(section)

inside = {
    customers: (invitations, links_sent, invitation_runs, statement, terms, automatic),
    quotes: (quote_builder, quote_attachments),
    invoices: (drafts, changes),
    payments: (recording, refunds, credit, disputes, pay_locks),
    schedule: (moving, series, requests, waitlist, replying, explaining),
}
for section, pages in inside.items():
    for part in pages:
        section.register_blueprint(part)

bp = Blueprint("office", __name__, url_prefix="/office")
for feature in (
    dashboard,
    auth,
    customers,
    quotes,
    price_list,
    invoices,
    payments,
    schedule,
    on_site,
    to_invoice,
    problems,
    deliveries,
    activity,
    settings,
    support,
    preview,
):
    bp.register_blueprint(feature)
bp.register_blueprint(devices, url_prefix="/devices")
for part in (hand_over, checklist, exports):
    bp.register_blueprint(part)
show_refusals(bp, home="office.dashboard.index")
bp.after_request(renew_cookie)


@bp.before_request
def require_staff():
    """Require a sign-in except on the sign-in pages, and a role with the page's permission."""
    if g.company is None:
        abort(404)
    if request.endpoint in SIGNED_OUT:
        return None
    if not current_user.is_authenticated:
        return login.unauthorized()
    if not may_open(g.sign_in.staff, request.endpoint):
        owners = NEEDED.get(request.endpoint) == DECISIONS
        return page("errors/not_allowed.html", status=403, owners=owners)
    g.actor = current_actor()


@settings.get("/")
def index():
    """All sections of the settings."""
    return page("companies/settings/index.html")


@settings.after_request
def record_extra_fields(response):
    """Put into the audit trail that somebody sent fields that a form of ours does not have. They changed nothing."""
    names = g.get("extra_fields")
    if names and not g.csrf_failed:
        db.session.rollback()
        record(g.company, "sent_extra_fields", by=g.actor, at=clock.now(), after={"fields": names})
        db.session.commit()
    return response


@bp.context_processor
def offer_permissions() -> dict:
    """`may_open(endpoint)` for the navigation: whether this staff member's role includes a page; and `open_lines`, the
    lines of the checklist with such a page.
    """
    member = g.sign_in.staff if current_user.is_authenticated else None

    def may(endpoint: str) -> bool:
        return member is not None and may_open(member, endpoint)

    return {"may_open": may, "open_lines": lambda lines: open_to(lines, may)}
