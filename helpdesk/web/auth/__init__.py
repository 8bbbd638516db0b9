"""Signing in and one's own account."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("auth", __name__)

from helpdesk.web.auth import front  # noqa: E402, F401  views register themselves on the door
