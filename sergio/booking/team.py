"""Settings -> Team: invitations, roles, and removing someone."""

from flask import Blueprint, flash, g, redirect, url_for
from flask_login import current_user
from sqlalchemy import bindparam, select

from sergio.booking import formats, handover
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.refused import Refused
from sergio.staff import labels
from sergio.staff.forms import InviteForm, MemberForm, RemovalForm
from sergio.staff.models import OWNER, StaffMember
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("team", __name__, url_prefix="/team")


@bp.get("")
def index():
    now = clock.now()
    members = db.session.scalars(StaffMember.present(), {"company_id": g.company.id}).all()
    orphans = db.session.execute(handover.ORPHANS, {"company_id": g.company.id, "now": now}).all()
    return page("booking/settings/team.html", members=members, orphans=orphans, labels=labels, now=now)


@bp.get("/new")
def new():
    return invite_page(InviteForm())


@bp.post("")
@limits.invitations
@returns_form
def create():
    """Invite someone."""
    form = InviteForm()
    if not form.validate_on_submit():
        return invite_page(form, 422)
    count_invitation(form.columns["email"])
    try:
        member = StaffMember.invite(g.company, **form.columns, by=g.actor, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        form["email"].errors = [str(refusal)]
        return invite_page(form, 422)
    db.session.commit()
    flash(_("We emailed an invitation to %(email)s.", email=member.email), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:staff_id>/invitation")
@limits.invitations
def invite_again(staff_id):
    member = colleague(staff_id)
    count_invitation(member.email)
    member.invite_again(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("We emailed a new invitation to %(email)s.", email=member.email), "success")
    return redirect(url_for(".index"), 303)


def count_invitation(email: str):
    """Let nobody fill a stranger's mailbox with invitations, whatever companies they come from."""
    limits.count_mailbox("invitations to a mailbox", "3 per day", email)


@bp.get("/<int:staff_id>")
def edit(staff_id):
    member = colleague(staff_id)
    return member_page(member, MemberForm(member))


@bp.post("/<int:staff_id>")
@returns_form
def update(staff_id):
    StaffMember.lock(g.company)
    member = colleague(staff_id)
    form = MemberForm(member)
    if not form.validate_on_submit():
        return member_page(member, form, 422)
    try:
        member.change(**form.columns, by=g.actor, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        form["role"].errors = [str(refusal)]
        return member_page(colleague(staff_id), form, 422)
    db.session.commit()
    flash(_("%(name)s is saved.", name=member.name), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<int:staff_id>/removal")
def new_removal(staff_id):
    return removal_page(colleague(staff_id))


@bp.post("/<int:staff_id>/removal")
@returns_form
def remove(staff_id):
    """Remove someone, or withdraw their invitation; what the successor cannot take is listed on the next page."""
    member = colleague(staff_id)
    form = RemovalForm(successors(member))
    if not form.validate_on_submit():
        return removal_page(member, form, 422)
    successor = next((each for each in successors(member) if each.id == form.successor.data), None)
    invited = member.invited_until
    given, left = handover.remove(member, successor, by=g.actor, now=clock.now())
    db.session.commit()
    withdrawn = _("%(name)s's invitation is withdrawn.", name=member.name)
    flash(withdrawn if invited else removed(member, successor, given), "success")
    return redirect(url_for(".appointments", staff_id=staff_id) if left else url_for(".index"), 303)


def removed(member: StaffMember, successor: StaffMember | None, given: int) -> str:
    """What happened, in a sentence or two."""
    gone = _("%(name)s is removed and signed out everywhere.", name=member.name)
    if not successor or not given:
        return gone
    taken = ngettext(
        "%(num)d appointment was reassigned to %(name)s.",
        "%(num)d appointments were reassigned to %(name)s.",
        given,
        name=successor.name,
    )
    return f"{gone} {taken}"


@bp.get("/<int:staff_id>/appointments")
def appointments(staff_id):
    """Someone's coming appointments, also of one who left, and who could take them."""
    member = anyone(staff_id)
    form = RemovalForm(successors(member))
    coming = handover.coming(g.company, member, clock.now())
    return page("booking/settings/appointments.html", appointments=coming, member=member, form=form, formats=formats)


@bp.post("/<int:staff_id>/appointments")
def give(staff_id):
    """Give to a colleague what they can take of someone's coming appointments."""
    member, now = anyone(staff_id), clock.now()
    form = RemovalForm(successors(member))
    successor = next((each for each in successors(member) if each.id == form.successor.data), None)
    if not form.validate_on_submit() or successor is None:
        flash(_("Choose who takes the appointments."), "warning")
        return redirect(url_for(".appointments", staff_id=staff_id), 303)
    coming = handover.coming(g.company, member, now)
    given = sum(handover.give(each, successor, by=g.actor, now=now) for each in coming)
    db.session.commit()
    said = {"name": successor.name, "given": given, "all": len(coming)}
    flash(_("%(name)s takes %(given)s of %(all)s appointments.", **said), "success" if given else "warning")
    return redirect(url_for(".appointments", staff_id=staff_id) if given < len(coming) else url_for(".index"), 303)


def invite_page(form: InviteForm, status: int = 200):
    return page("booking/settings/invite.html", "invite", status=status, form=form, labels=labels)


def member_page(member: StaffMember, form: MemberForm, status: int = 200):
    own = member.id == current_user.id
    facts = {"member": member, "form": form, "own": own, "labels": labels}
    return page("booking/settings/member.html", "member_form", status=status, **facts)


def removal_page(member: StaffMember, form: RemovalForm | None = None, status: int = 200):
    return page(
        "booking/settings/removal.html",
        status=status,
        member=member,
        form=form or RemovalForm(successors(member), formdata=None),
        own=member.id == current_user.id,
        only_owner=member.role == OWNER and not member.other_owners(),
        appointments=handover.coming(g.company, member, clock.now()),
        formats=formats,
    )


def successors(member: StaffMember) -> list[StaffMember]:
    """The colleagues who get appointments."""
    members = db.session.scalars(StaffMember.present(), {"company_id": g.company.id})
    return [each for each in members if each.bookable and each.id != member.id]


def colleague(staff_id: int) -> StaffMember:
    """Someone on the team; 404 for who left."""
    return db.one_or_404(
        ANYONE.where(StaffMember.left_at.is_(None)), {"company_id": g.company.id, "staff_id": staff_id}
    )


def anyone(staff_id: int) -> StaffMember:
    """Someone who is or was on the team."""
    return db.one_or_404(ANYONE, {"company_id": g.company.id, "staff_id": staff_id})


ANYONE = select(StaffMember).where(StaffMember.company_id == COMPANY, StaffMember.id == bindparam("staff_id"))
