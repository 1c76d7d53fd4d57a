"""Settings -> Services: the list, its order, a service, and the questions it asks."""

from datetime import datetime
from functools import cache

from flask import Blueprint, abort, flash, g, redirect, url_for
from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import selectinload

from sergio.booking import formats
from sergio.booking.models import Appointment
from sergio.booking.services import MOST_QUESTIONS, Service, ServiceQuestion, ServiceStaff
from sergio.booking.setting_forms import MoveForm, QuestionForm, ServiceForm
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("services", __name__, url_prefix="/services")


@bp.get("")
def index():
    return list_page()


@bp.get("/new")
def new():
    return service_page(ServiceForm(g.company, staff_for()))


@bp.post("")
@returns_form
def create():
    form = ServiceForm(g.company, staff_for())
    if not form.validate_on_submit():
        return service_page(form, status=422)
    try:
        service = Service.create(g.company, form.done_by_ids, by=g.actor, at=clock.now(), **form.columns)
    except Refused as refusal:
        return refused_name(form, refusal)
    db.session.commit()
    flash(_("%(name)s was added.", name=service.name), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<int:number>")
def edit(number):
    service = company_service(number)
    return service_page(ServiceForm(g.company, staff_for(service), service), service)


@bp.post("/<int:number>")
@returns_form
def update(number):
    Service.lock(g.company)
    service = company_service(number)
    form = ServiceForm(g.company, staff_for(service), service)
    if not form.validate_on_submit():
        return service_page(form, service, 422)
    try:
        service.change(form.done_by_ids, by=g.actor, at=clock.now(), **form.columns)
    except Refused as refusal:
        return refused_name(form, refusal, number)
    db.session.commit()
    flash(_("%(name)s is saved.", name=service.name), "success")
    return redirect(url_for(".edit", number=number), 303)


@bp.post("/<int:number>/position")
@returns_form
def move(number):
    """Move a service in the list, by its buttons or by dragging it."""
    service = company_service(number)
    form = MoveForm()
    if not form.validate_on_submit():
        return list_page(422)
    place, count = service.move(form.to.data, by=g.actor, at=clock.now())
    db.session.commit()
    said = {"name": service.name, "place": place, "count": count}
    flash(_("%(name)s is now number %(place)s of %(count)s.", **said), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:number>/archive")
def archive(number):
    service = company_service(number)
    service.archive(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is archived. Its appointments stay on the schedule.", name=service.name), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:number>/restore")
def restore(number):
    service = company_service(number)
    service.restore(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is back on your list. Customers can't book it online yet.", name=service.name), "success")
    return redirect(url_for(".edit", number=number), 303)


@bp.get("/<int:number>/questions/new")
def new_question(number):
    return question_page(company_service(number), QuestionForm())


@bp.post("/<int:number>/questions")
@returns_form
def create_question(number):
    service = company_service(number)
    form = QuestionForm()
    if not form.validate_on_submit():
        return question_page(service, form, status=422)
    ServiceQuestion.ask(service, by=g.actor, at=clock.now(), **form.columns)
    db.session.commit()
    flash(_("The question is added."), "success")
    return redirect(url_for(".edit", number=number, _anchor="questions"), 303)


@bp.get("/<int:number>/questions/<int:question_id>")
def edit_question(number, question_id):
    service, question = own_question(number, question_id)
    return question_page(service, QuestionForm(question), question)


@bp.post("/<int:number>/questions/<int:question_id>")
@returns_form
def update_question(number, question_id):
    Service.lock(g.company)
    service, question = own_question(number, question_id)
    form = QuestionForm(question)
    if not form.validate_on_submit():
        return question_page(service, form, question, 422)
    question.change(service, by=g.actor, at=clock.now(), **form.columns)
    db.session.commit()
    flash(_("The question is saved. Earlier answers keep the old wording."), "success")
    return redirect(url_for(".edit", number=number, _anchor="questions"), 303)


@bp.post("/<int:number>/questions/<int:question_id>/delete")
def delete_question(number, question_id):
    Service.lock(g.company)
    service, question = own_question(number, question_id)
    question.delete(service, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The question is removed. Answers given before are kept."), "success")
    return redirect(url_for(".edit", number=number, _anchor="questions"), 303)


def list_page(status: int = 200):
    services = db.session.scalars(active(), {"company_id": g.company.id}).all()
    archived = db.session.scalars(ARCHIVED, {"company_id": g.company.id}).all()
    names = {row.id: row.name for row in db.session.execute(NAMES, {"company_id": g.company.id})}
    doers = {
        service.id: ", ".join(sorted(names[row.staff_id] for row in service.only_by if row.staff_id in names))
        for service in services
    }
    facts = {"services": services, "archived": archived, "doers": doers}
    return page("booking/settings/services.html", "services", status=status, formats=formats, **facts)


def service_page(form: ServiceForm, service: Service | None = None, status: int = 200):
    coming = 0
    if service:
        wanted = {"company_id": g.company.id, "service_id": service.id, "now": clock.now()}
        coming = db.session.scalar(COMING, wanted)
    facts = {"form": form, "service": service, "coming": coming, "most_questions": MOST_QUESTIONS}
    facts["usual_notice"] = formats.length(g.company.lead_minutes)
    return page("booking/settings/service.html", "service_form", status=status, **facts)


def refused_name(form: ServiceForm, refusal: Refused, number: int | None = None):
    """The form again, with the reason beside the name."""
    db.session.rollback()
    form["name"].errors = [str(refusal)]
    return service_page(form, company_service(number) if number else None, 422)


def question_page(service: Service, form: QuestionForm, question: ServiceQuestion | None = None, status: int = 200):
    facts = {"service": service, "question": question, "form": form}
    return page("booking/settings/question.html", "question_form", status=status, **facts)


def staff_for(service: Service | None = None) -> list[StaffMember]:
    """The staff who can be booked, and those the service names though they no longer can."""
    wanted = {"company_id": g.company.id, "service_id": service.id if service else 0}
    return list(db.session.scalars(STAFF, wanted))


def company_service(number: int) -> Service:
    return db.one_or_404(OF_COMPANY, {"company_id": g.company.id, "number": number})


def own_question(number: int, question_id: int) -> tuple[Service, ServiceQuestion]:
    wanted = {"company_id": g.company.id, "number": number, "question_id": question_id}
    return db.session.execute(QUESTION, wanted).first() or abort(404)


OF_COMPANY = select(Service).where(Service.company_id == COMPANY, Service.number == bindparam("number"))
STAFF = (
    select(StaffMember)
    .where(StaffMember.company_id == COMPANY)
    .where(
        or_(
            and_(StaffMember.bookable, StaffMember.left_at.is_(None)),
            StaffMember.id.in_(
                select(ServiceStaff.staff_id).where(
                    ServiceStaff.company_id == COMPANY, ServiceStaff.service_id == bindparam("service_id")
                )
            ),
        )
    )
    .order_by(StaffMember.name, StaffMember.id)
)
NAMES = select(StaffMember.id, StaffMember.name).where(
    StaffMember.company_id == COMPANY, StaffMember.bookable, StaffMember.left_at.is_(None)
)
"""The names of the staff who can be booked."""
QUESTION = (
    select(Service, ServiceQuestion)
    .join(ServiceQuestion, ServiceQuestion.service_id == Service.id)
    .where(Service.company_id == COMPANY, ServiceQuestion.company_id == COMPANY)
    .where(Service.number == bindparam("number"), ServiceQuestion.id == bindparam("question_id"))
)


@cache
def active() -> Select:
    return Service.active().options(selectinload(Service.only_by), selectinload(Service.questions))


ARCHIVED = (
    select(Service)
    .where(Service.company_id == COMPANY, Service.archived_at.is_not(None))
    .order_by(Service.archived_at.desc(), Service.id.desc())
)
NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
COMING = select(func.count(Appointment.id)).where(
    Appointment.company_id == COMPANY,
    Appointment.service_id == bindparam("service_id"),
    Appointment.is_coming(NOW),
    Appointment.free_at > NOW,
)
