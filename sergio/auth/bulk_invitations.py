"""Inviting many customers at once: choosing whom, the progress of a run, and its report."""

from flask import Blueprint, Response, flash, g, request, url_for

from sergio.auth import invitees, run_report
from sergio.auth.forms import InviteesForm
from sergio.auth.invitation_runs import MOST_A_DAY, InvitationRun
from sergio.auth.labels import CHOSEN, OUTCOME_LABELS, SENT, SKIPPED
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits, spreadsheets
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

MOST_POLLS = 200
"""How often a page asks for the progress by itself."""

bp = Blueprint("invitation_runs", __name__, url_prefix="/invitations/runs")


@bp.get("/new")
def new():
    """Whom to invite, and how many emails that is: `?who=` is a filter, or "chosen" with ids as `contact`."""
    form = InviteesForm(formdata=request.args or None, meta={"csrf": False})
    if request.args:
        form.validate()
    return choice_page(form)


@bp.post("")
@limits.invitation_runs
@returns_form
def create():
    """Begin a run, and show its progress."""
    form = InviteesForm()
    if not form.validate_on_submit():
        return choice_page(form, 422)
    try:
        run = InvitationRun.start(g.company, *form.asked, g.sign_in.staff, by=g.actor, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal))
        return choice_page(form, 422)
    db.session.commit()
    return go(url_for(".show", number=run.number))


@bp.get("/<int:number>")
def show(number):
    """How far the run is; once it has ended, what it did with each contact."""
    run = own_run(number)
    counts = run.counts()
    polls = request.args.get("polls", 0, int)
    report = run_report.page_of(run, counts, request.args) if run.finished_at else (None, [])
    return page(
        "auth/office/run.html",
        "run",
        run=run,
        counts=counts,
        done=sum(counts.values()),
        skipped=[(OUTCOME_LABELS[name], counts[name]) for name in SKIPPED if name in counts],
        polls=polls if polls < MOST_POLLS else None,
        paging=report[0],
        rows=report[1],
        most=MOST_A_DAY,
    )


@bp.post("/<int:number>/stop")
def stop(number):
    """Invite nobody else."""
    own_run(number).stop(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("No more invitations will be sent. Those already sent still work."), "success")
    return go(url_for(".show", number=number))


@bp.get("/<int:number>.csv")
def download(number):
    """The report as a CSV file."""
    rows = run_report.table(own_run(number))
    db.session.close()  # sending the file may take a while, with no transaction open
    return spreadsheets.download(f"invitations-{number}", rows)


def own_run(number: int) -> InvitationRun:
    return db.one_or_404(InvitationRun.numbered(g.company, number))


def choice_page(form: InviteesForm, status: int = 200) -> Response:
    who, chosen = form.asked
    counts = invitees.counted(g.company, who, chosen, clock.now())
    skipped = [(OUTCOME_LABELS[name], counts[name]) for name in SKIPPED if counts.get(name)]
    facts = {"who": who, "chosen": chosen, "sent": counts.get(SENT, 0), "skipped": skipped, "most": MOST_A_DAY}
    filters = [choice for choice in form.who if chosen or choice.data != CHOSEN]
    return page("auth/office/run_new.html", "preview", status=status, form=form, filters=filters, **facts)
