"""A customer's own quotes."""

from flask import Blueprint

bp = Blueprint("quotes", __name__, url_prefix="/quotes")
