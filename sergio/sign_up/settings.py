"""Settings -> Company profile -> Portal address: moving to another subdomain."""

from flask import Blueprint, current_app, g, request, url_for

from sergio.auth.hand_over import sent_there
from sergio.auth.models import HandOver
from sergio.companies import portal_address
from sergio.companies.current import company_to_change, host_of
from sergio.companies.portal_address import KEPT, FormerSubdomain
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.sign_up.forms import AddressForm
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("portal_address", __name__, url_prefix="/company/portal-address")


@bp.get("")
def edit():
    return show(AddressForm(g.company.name, g.company, formdata=None, subdomain=g.company.subdomain))


@bp.get("/availability")
@limits.subdomains
def availability():
    """Whether the address typed so far can be had."""
    return show(AddressForm(g.company.name, g.company, formdata=request.args), "availability")


@bp.get("/suggestion")
@limits.subdomains
def suggestion():
    """The field with the address that was offered."""
    return show(AddressForm(g.company.name, g.company, formdata=request.args), "address")


@bp.post("")
@returns_form
def update():
    """Move, and send the owner's browser on to the new host, signed in there."""
    company, member = company_to_change(), g.sign_in.staff
    form = AddressForm(company.name, company)
    if not form.validate_on_submit():
        return show(form, status=422)
    now = clock.now()
    portal_address.change(company, form.subdomain.data, by=g.actor, at=now)
    g.sign_in.end(by=g.actor, now=now)
    url = HandOver.start(member, next_path=url_for(".edit"), now=now)
    new_host = host(company.subdomain)
    db.session.commit()
    return sent_there("sign_up/moved.html", url, host=new_host)


def show(form: AddressForm, *blocks: str, status: int = 200):
    former = db.session.scalars(FormerSubdomain.of(g.company, clock.now())).all()
    earlier = [(host(row.subdomain), _("until %(day)s", day=g.company.short_day(row.kept_until))) for row in former]
    shown = {"earlier": earlier, "days": KEPT.days}
    return page(
        "sign_up/settings/address.html",
        *blocks,
        status=status,
        form=form,
        availability=form.availability,
        host=host(""),
        **shown,
    )


def host(subdomain: str) -> str:
    return host_of(subdomain, current_app.config["SERGIO"])
