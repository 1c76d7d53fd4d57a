"""The pages of documents tell that they were opened, so that staff see who read their email; a GET writes nothing."""

from flask import Blueprint, g

from sergio.extensions import db
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.web.csrf import returns_form
from sergio.web.forms import Form

bp = Blueprint("seen", __name__, url_prefix="/seen")


@bp.post("/invoice/<int:number>", defaults={"kind": "invoice"})
@bp.post("/appointment/<int:number>", defaults={"kind": "appointment"})
@returns_form
def note(kind, number):
    """Note it on the emails to who asks that are about that document, if there are any."""
    contact = g.viewer.contact
    if contact and Form().validate():
        OutgoingEmail.note_seen(contact.company_id, contact.id, kind, number, at=clock.now())
        db.session.commit()
    return "", 204
