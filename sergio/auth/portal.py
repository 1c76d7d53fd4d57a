"""Signing in and out of the portal, and the devices one is signed in on."""

from flask import Blueprint

bp = Blueprint("auth", __name__, url_prefix="")
devices = Blueprint("devices", __name__, url_prefix="/account/devices")


@bp.get("/sign-in")
def sign_in():
    return "sign in"
