"""The frame on Settings -> Branding: the portal's home page with sample values, in colors that are not saved yet."""

from datetime import datetime, timedelta
from types import SimpleNamespace

from flask import Blueprint, Response, abort, g, request

from sergio.booking.formats import date_parts, span
from sergio.booking.statuses import UPCOMING
from sergio.companies import colors
from sergio.companies.visibility import hidden_sections
from sergio.companies.welcome import greeting, welcome
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview.tasks import NextAppointment, Task, counted
from sergio.web.assets import sheets
from sergio.web.pages import page
from sergio.web.responses import allow_own_frames

bp = Blueprint("branding_preview", __name__, url_prefix="/branding/preview")

SAMPLE = SimpleNamespace(name="Ana Ruiz", first_name="Ana", is_authenticated=True)
DARK_ONLY = "@media screen and (prefers-color-scheme: dark)"
SCHEMES = {"light": "@media not all", "dark": "@media screen"}
"""What takes the place of `DARK_ONLY`."""


@bp.get("")
def show():
    """The portal's home page, in which nothing can be pressed."""
    facts = sample_home(g.company, clock.now())
    return allow_own_frames(
        page(
            "companies/settings/preview.html", current_user=SAMPLE, may_use=may_use, colors=colors_in_request(), **facts
        )
    )


def may_use(endpoint: str) -> bool:
    """The sample customer may do everything."""
    return True


@bp.get("/app.css")
def stylesheet():
    """All stylesheets, in the colors and the scheme of the request."""
    wanted = colors_in_request()
    css = "\n".join(sheet.read_text() for sheet in sheets()) + colors.stylesheet(wanted["brand"], wanted["accent"])
    scheme = wanted["scheme"]
    forced = f":root {{ color-scheme: {scheme}; }}\n"
    return Response(css.replace(DARK_ONLY, SCHEMES[scheme]) + forced, mimetype="text/css")


def colors_in_request() -> dict[str, str]:
    """Brand, accent and scheme; 404 for anything but `#rrggbb` and the two schemes."""
    asked = request.args
    brand, accent = (asked.get(name, getattr(g.company, name)) for name in ("brand", "accent"))
    scheme = asked.get("scheme", "light")
    if not (colors.HEX.fullmatch(brand) and colors.HEX.fullmatch(accent) and scheme in SCHEMES):
        abort(404)
    return {"brand": brand, "accent": accent, "scheme": scheme}


def sample_home(company, now: datetime) -> dict:
    """The values of the template of the home page, for a customer who does not exist."""
    return {
        "greeting": greeting(SAMPLE.first_name, now.astimezone(company.zone)),
        "welcome": welcome(company, SAMPLE.name, SAMPLE.first_name),
        "waiting": sample_tasks(company, now),
        "with_us": [],
        "appointment": sample_appointment(company, now),
        "hidden_sections": hidden_sections(company),
    }


def sample_tasks(company, now: datetime) -> list[Task]:
    day = company.short_day(now + timedelta(days=5))
    invoice = _("Regular cleaning · due %(day)s", day=day)
    quote = _("Window cleaning · valid until %(day)s", day=day)
    when = counted(5)
    tasks = {
        "portal.invoices": Task(
            *("due", _("Due in %(when)s", when=when), "invoice", "#"),
            *(_("Pay invoice %(number)s", number=1042), invoice, company.money(18_500)),
        ),
        "portal.quotes": Task(
            *("expiring", _("%(when)s left", when=when), "quote", "#"),
            *(_("Review quote %(number)s", number=87), quote, company.money(24_000)),
        ),
    }
    return [task for section, task in tasks.items() if section not in hidden_sections(company)]


def sample_appointment(company, now: datetime) -> NextAppointment:
    midnight = now.astimezone(company.zone).replace(hour=9, minute=0, second=0, microsecond=0)
    begins = midnight + timedelta(days=3)
    text = _("%(time)s with %(name)s", time=span(company, begins, begins + timedelta(hours=2)), name="Theo")
    place = ", ".join(company.address_lines) or "7 Pine Road"
    badge = _("In %(when)s", when=counted(3))
    return NextAppointment("#", date_parts(company, begins), UPCOMING, badge, _("Regular cleaning"), text, place)
