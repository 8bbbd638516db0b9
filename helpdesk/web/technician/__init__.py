"""The technician's door: an app for a phone that works without a net for a whole day.

The page is one empty shell that a service worker keeps; what it shows comes as JSON and is kept on
the phone. What the technician did comes back as commands with receipts (`syncing`, ADR 43).
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("technician", __name__, url_prefix="/tech")

from helpdesk.web.technician import (  # noqa: E402  views register themselves on the door
    booking,
    data,
    shell,
    syncing,
)

__all__ = ["booking", "data", "door", "shell", "syncing"]
