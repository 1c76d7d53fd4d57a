"""The invoices, as staff see them."""

from flask import Blueprint

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
