"""The customers, as staff see them."""

from flask import Blueprint

bp = Blueprint("customers", __name__, url_prefix="/customers")
