"""Signing in and out of the office."""

from flask import Blueprint

bp = Blueprint("auth", __name__, url_prefix="")


@bp.get("/sign-in")
def sign_in():
    return "sign in"
