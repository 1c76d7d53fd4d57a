"""The way from an appointment to paying its deposit, for who views it by a link."""

from flask import Blueprint

from sergio.auth.document_links import INVOICE
from sergio.auth.document_session import go_to_another
from sergio.auth.viewer import viewer
from sergio.booking.appointments import own_appointment
from sergio.web.pages import go

bp = Blueprint("deposits", __name__, url_prefix="/appointments/<int:number>/deposit")


@bp.post("")
def pay(number):
    appointment = own_appointment(viewer, number)
    needed = appointment.guarantee
    if needed is None or needed.invoice is None:
        return go(appointment.portal_path)
    return go_to_another(viewer, INVOICE, needed.invoice.number, needed.path)
