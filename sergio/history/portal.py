"""What has been done, at which address, by whom."""

from flask import Blueprint

bp = Blueprint("history", __name__, url_prefix="/history")
