"""The progress of an appointment: on the way, started, done. Each step is a row with its time and person."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import invoicing
from sergio.booking.models import Appointment
from sergio.booking.statuses import REQUESTED
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

ON_WAY, STARTED, DONE = STEPS = ("on_way", "started", "done")
LONGEST_WAY = 240
UNDO_WITHIN = timedelta(days=1)
SUMMARY_AFTER = timedelta(minutes=30)
"""How long after an appointment is done its summary is emailed: until then staff add notes and photos, or undo."""
VALID = text("undone_at IS NULL")


class AppointmentStep(CompanyOwned, Model):
    """One step of an appointment; `by` is who pressed, `staff_id` whose appointment it was then.

    `minutes` is how long the way was expected to take. A step that was undone keeps its row.
    """

    __table_args__ = (
        *within_company(appointment_id="appointment", staff_id="staff_member"),
        Index(None, "company_id", "appointment_id"),
        Index(
            "uq_appointment_step_valid",
            *("company_id", "appointment_id", "kind"),
            unique=True,
            sqlite_where=VALID,
        ),
        one_of("kind", STEPS),
        CheckConstraint(f"minutes BETWEEN 1 AND {LONGEST_WAY}", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    minutes: Mapped[int | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(120), default="")


def set_out(appointment: Appointment, minutes: int | None = None, *, by: Actor, now: datetime):
    """Note that the technician is on the way, for about so many minutes, and email the customer, once for each
    technician. A second call changes nothing.
    """
    steps = locked_steps(appointment)
    if valid(appointment, steps):
        return
    refuse(appointment)
    if not takes_place(appointment, now):
        raise Refused(wrong_day(appointment))
    told = any(step.kind == ON_WAY and is_of_now(appointment, step) for step in steps)
    step = add(appointment, ON_WAY, steps, minutes=minutes, by=by, now=now)
    record(appointment, "on_way", by=by, at=now, after={"minutes": minutes} if minutes else {})
    if not told:
        jobs.enqueue("booking.on_way", company=appointment.company, appointment_id=appointment.id, step_id=step.id)


def start(appointment: Appointment, *, by: Actor, now: datetime):
    """Note that the work begins. A second call changes nothing."""
    steps = locked_steps(appointment)
    if {STARTED, DONE} & kinds(appointment, steps):
        return
    refuse(appointment)
    if not takes_place(appointment, now):
        raise Refused(wrong_day(appointment))
    add(appointment, STARTED, steps, by=by, now=now)
    record(appointment, "started", by=by, at=now)


def finish(appointment: Appointment, *, by: Actor, now: datetime):
    """Note that the work is done, whether or not its start was; from then on it can be invoiced. A second call changes
    nothing.
    """
    steps = locked_steps(appointment)
    if appointment.completed_at:
        return
    refuse(appointment)
    appointment.complete(by=by, now=now)
    step = add(appointment, DONE, steps, by=by, now=now)
    invoicing.make_ready(appointment, now)
    if appointment.company.emails_summary:
        jobs.enqueue(
            "booking.summary",
            company=appointment.company,
            at=now + SUMMARY_AFTER,
            appointment_id=appointment.id,
            step_id=step.id,
        )


def undo(appointment: Appointment, step_id: int, *, by: Actor, now: datetime):
    """Undo the latest step, which has that id. A second call changes nothing."""
    steps = valid(appointment, locked_steps(appointment))
    if not steps or steps[-1].id != step_id:
        return
    step = steps[-1]
    if now - step.at > UNDO_WITHIN:
        raise Refused(_("This was more than a day ago, so it can't be undone."))
    if step.kind == DONE:
        invoicing.take_back(appointment)
        appointment.completed_at = None
    step.undone_at, step.undone_by = now, by.name
    record(appointment, "undone", by=by, at=now, before={"step": step.kind, "done_at": step.at.isoformat()})


def locked_steps(appointment: Appointment) -> list[AppointmentStep]:
    """All steps of an appointment, which is locked until the commit and read again."""
    db.session.refresh(appointment, with_for_update={"of": Appointment})
    return steps_of(appointment)


def steps_of(appointment: Appointment) -> list[AppointmentStep]:
    mine = (AppointmentStep.company_id == appointment.company_id, AppointmentStep.appointment_id == appointment.id)
    return list(db.session.scalars(select(AppointmentStep).where(*mine).order_by(AppointmentStep.id)))


def valid(appointment: Appointment, steps: list) -> list:
    """The steps that count: not undone, and still true."""
    return [step for step in steps if step.undone_at is None and is_of_now(appointment, step)]


def kinds(appointment: Appointment, steps: list) -> set[str]:
    return {step.kind for step in valid(appointment, steps)}


def is_of_now(appointment: Appointment, step) -> bool:
    """Whether a step is still true of the appointment, which may have been moved or given to someone else since."""
    company = appointment.company
    if step.kind == DONE:
        return True
    is_theirs = step.kind != ON_WAY or step.staff_id == appointment.staff_id
    return is_theirs and company.day(step.at) >= company.day(appointment.starts_at)


def takes_place(appointment: Appointment, now: datetime) -> bool:
    """Whether it is on the company's current day."""
    company = appointment.company
    return company.day(appointment.starts_at) <= company.day(now) <= company.day(appointment.ends_at)


def wrong_day(appointment: Appointment) -> str:
    moment = appointment.company.format_moment(appointment.starts_at)
    return _("You can do this on the day of the appointment. It is on %(moment)s.", moment=moment)


def refuse(appointment: Appointment):
    """Raise `Refused` where no work takes place."""
    if appointment.canceled_at:
        raise Refused(_("This appointment was canceled."))
    if appointment.completed_at:
        raise Refused(_("This appointment is already done."))
    if appointment.approval == REQUESTED:
        raise Refused(_("This appointment has to be confirmed first."))


def add(appointment: Appointment, kind: str, steps: list, *, by: Actor, now: datetime, **more) -> AppointmentStep:
    """Add a step. Those that are no longer true are undone with it."""
    for step in steps:
        if step.undone_at is None and not is_of_now(appointment, step):
            step.undone_at, step.undone_by = now, by.name
    whose = {"company_id": appointment.company_id, "appointment_id": appointment.id, "staff_id": appointment.staff_id}
    db.session.flush()
    step = AppointmentStep(**whose, kind=kind, at=now, by=by.name, **more)
    db.session.add(step)
    db.session.flush()
    return step


def next_steps(appointment: Appointment, steps: list, now: datetime) -> list[str]:
    """The steps that can be next, the likeliest first; `steps` are those that count now."""
    if appointment.canceled_at or appointment.completed_at or appointment.approval == REQUESTED:
        return []
    if takes_place(appointment, now):
        return list(STEPS[STEPS.index(steps[-1].kind) + 1 :] if steps else STEPS)
    company = appointment.company
    return [DONE] if company.day(now) > company.day(appointment.starts_at) else []
