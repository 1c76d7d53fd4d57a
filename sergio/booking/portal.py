"""Booking a visit, and the visits booked."""

from flask import Blueprint

bp = Blueprint("booking", __name__, url_prefix="/book")
appointments = Blueprint("appointments", __name__, url_prefix="/appointments")
