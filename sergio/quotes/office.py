"""The quotes, as staff see them."""

from flask import Blueprint

bp = Blueprint("quotes", __name__, url_prefix="/quotes")
