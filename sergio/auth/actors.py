"""Whoever acts in this request, as `by=` of the verbs."""

from flask import g, request
from flask_login import current_user

from sergio.audit.actor import API_TOKEN, CONTACT, STAFF, Actor
from sergio.customers.models import Contact


def current_actor() -> Actor:
    """The signed-in contact or staff member, or the API token that was sent."""
    about = {"ip_address": request.remote_addr or "", "request_id": g.get("request_id", "")}
    if token := g.get("api_token"):
        return Actor(API_TOKEN, token.name, token.id, **about)
    kind = CONTACT if isinstance(current_user._get_current_object(), Contact) else STAFF
    return Actor(kind, current_user.name, current_user.id, **about)
