"""A customer's own invoices."""

from flask import Blueprint

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
