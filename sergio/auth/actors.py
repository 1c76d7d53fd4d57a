"""Who acts in this request, for the `by=` of a model's methods."""

from typing import Any

from flask import g, request
from flask_login import current_user

from sergio.audit.actor import API_TOKEN, CONTACT, STAFF, Actor
from sergio.customers.models import Contact
from sergio.staff.models import StaffMember


def current_actor() -> Actor:
    """The signed-in contact or staff member, the API token that was sent, or the email address of somebody
    who has not chosen a customer yet.
    """
    if token := g.get("api_token"):
        return Actor(API_TOKEN, token.name, token.id, **origin())
    if current_user.is_authenticated:
        return actor_of(current_user._get_current_object())
    return Actor(CONTACT, g.sign_in.email, **origin())


def actor_of(person: Contact | StaffMember, *others: Contact) -> Actor:
    """The actor of a sign-in that has just begun. With `others`, several contacts share the email address."""
    kind = CONTACT if isinstance(person, Contact) else STAFF
    if others:
        return Actor(kind, person.email, **origin())
    return Actor(kind, person.name, person.id, **origin())


def origin() -> dict[str, Any]:
    return {"ip_address": request.remote_addr or "", "request_id": g.get("request_id", "")}
