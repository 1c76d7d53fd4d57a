"""The customer's pages of the waitlist: what they wish for, and the time that is offered to them."""

from datetime import timedelta
from functools import cache

from flask import Blueprint, abort, flash, url_for
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from wtforms import RadioField, SelectMultipleField
from wtforms.fields import DateField
from wtforms.validators import InputRequired, ValidationError

from sergio.auth.document_links import APPOINTMENT
from sergio.auth.document_session import go_to_another
from sergio.auth.viewer import viewer
from sergio.booking import formats, labels
from sergio.booking.choice import own_args, own_choice_and_form
from sergio.booking.waitlist import AFTERNOON, LATEST_ENTRY, MORNING, NUMBERED, OWN_ENTRY, WaitlistEntry, whose
from sergio.companies.models import Company
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib import clock, language
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form
from sergio.web.pages import go, page

USUAL = timedelta(days=14)
bp = Blueprint("waitlist", __name__, url_prefix="/waitlist")


class WishesForm(Form):
    """Which days and which part of the day suit, and until when."""

    weekdays = SelectMultipleField(_l("Which days?"), coerce=int, choices=[], default=())
    day_part = RadioField(_l("When?"), choices=[], default="")
    until_on = DateField(_l("Until when?"), [InputRequired(_l("Enter a day."))])

    def __init__(self, company: Company, **more):
        self.today = company.day(clock.now())
        self.last = self.today + timedelta(days=company.horizon_days)
        super().__init__(data={"until_on": min(self.today + USUAL, self.last), "day_part": ""}, **more)
        self.weekdays.choices = [(n, formats.days_of_week(n, n)) for n in range(7)]
        self.day_part.choices = [("", _("Any time")), (MORNING, _("Mornings")), (AFTERNOON, _("Afternoons"))]

    def validate_until_on(self, field):
        if field.data and not self.today <= field.data <= self.last:
            last = language.short_day(self.last)
            raise ValidationError(_("Choose a day from today through %(day)s.", day=last))

    @property
    def wishes(self) -> dict:
        days = sorted(self.weekdays.data or ())
        return {"weekdays": days, "day_part": self.day_part.data or "", "until_on": self.until_on.data}


@bp.get("")
def show():
    """What they wait for, and the time that is offered now."""
    entry = db.session.scalar(with_parts(OWN_ENTRY), whose(viewer.shown))
    return shown(entry) if entry else over(db.session.scalar(LATEST_ENTRY, whose(viewer.shown)))


@bp.get("/<int:number>")
def offer(number):
    """The same by a link in the email about an offer; `number` is the id of the entry."""
    entry = own_entry(number)
    return over(entry) if entry.ended_at else shown(entry)


def shown(entry: WaitlistEntry):
    held, now = entry.hold, clock.now()
    offered = labels.summary(viewer.company, entry.service, entry.place, held.starts_at) if held else []
    live = held.held_until if held and held.is_live(now) else None
    until = viewer.company.format_moment(live) if live else ""
    wishes = labels.wishes(entry)
    return page("booking/portal/waitlist.html", entry=entry, offered=offered, until=until, wishes=wishes)


def over(last: WaitlistEntry | None):
    """The page of who does not wait; `last` is what they waited for."""
    return page("booking/portal/not_waiting.html", last=last)


@bp.get("/new")
def new():
    if db.session.scalar(OWN_ENTRY, whose(viewer.shown)):
        return go(url_for(".show"))
    return wishes_page(WishesForm(viewer.company, formdata=None))


@bp.post("")
@limits.booking
@returns_form
def create():
    choice = own_choice_and_form(viewer)[0]
    form = WishesForm(viewer.company)
    if not form.validate_on_submit():
        return wishes_page(form, 422)
    choice.mark()
    WaitlistEntry.join(own_contact(), choice.service, choice.place, by=viewer.by, now=clock.now(), **form.wishes)
    db.session.commit()
    flash(_("You're on the waitlist. We'll email you as soon as a time that suits you is free."), "success")
    return go(url_for(".show"))


@bp.post("/<int:number>/acceptance")
@limits.booking
def accept(number):
    """Book the time that is offered."""
    appointment = waiting_entry(number).accept(by=viewer.by, now=clock.now())
    confirmation = url_for("portal.appointments.confirmation", number=appointment.number)
    return go_to_another(viewer, APPOINTMENT, appointment.number, confirmation)


@bp.post("/<int:number>/decline")
def decline(number):
    waiting_entry(number).decline(by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("We'll email you when another time is free."), "success")
    return go(url_for(".offer", number=number))


@bp.post("/<int:number>/leave")
def leave(number):
    waiting_entry(number).leave(by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("You are no longer on the waitlist."), "success")
    return go(url_for(".offer", number=number))


def wishes_page(form: WishesForm, status: int = 200):
    choice = own_choice_and_form(viewer)[0]
    return page("booking/portal/wishes.html", status=status, form=form, choice=choice, args=own_args())


def own_contact() -> Contact:
    return viewer.contact or abort(403)


def own_entry(number: int) -> WaitlistEntry:
    """What the contact waits for, or waited for; 404 for any other."""
    return db.one_or_404(with_parts(NUMBERED), {**whose(viewer.shown), "number": number})


def waiting_entry(number: int) -> WaitlistEntry:
    """The same, refused where it has ended."""
    entry = own_entry(number)
    if entry.ended_at:
        raise Refused(_("You are not on the waitlist any more."))
    return entry


@cache
def with_parts(entries: Select) -> Select:
    """The entries with what the page shows of them."""
    return entries.options(*map(joinedload, (WaitlistEntry.service, WaitlistEntry.place, WaitlistEntry.hold)))
