"""The door behind a visit's link: no sign-in, no cookie, no script; looking changes nothing."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("visits", __name__, url_prefix="/visits")

from helpdesk.web.visits import pages  # noqa: E402  views register themselves on the door

__all__ = ["door", "pages"]
