"""Where colleagues write, review and publish articles, and set up their sections and languages."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("knowledge", __name__, url_prefix="/knowledge")

from helpdesk.web.knowledge import (  # noqa: E402, F401  views register themselves on the door
    editing,
    listing,
    placing,
    report_files,
    reports,
    set_up,
    versions,
)
