"""The supervisor's floor: queues, agents and who waits, as it is now."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("floor", __name__, url_prefix="/floor")

from helpdesk.web.floor import live, promises, wall  # noqa: E402, F401  views register themselves on the door
