"""The dispatch board: who drives where on which day, to look at and to change."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("dispatch", __name__, url_prefix="/dispatch")

from helpdesk.web.dispatch import (  # noqa: E402, F401  views register themselves on the door
    acts,
    days,
    pages,
    plans,
    road,
)
