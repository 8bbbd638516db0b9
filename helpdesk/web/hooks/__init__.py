"""Hooks of providers: verify, keep as it came, answer, work in afterwards.

The signature is the proof, so cookies are not looked at. A hook that is not verified changes
nothing and is told nothing but 403.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("hooks", __name__, url_prefix="/hooks")

from helpdesk.web.hooks import (  # noqa: E402  they register themselves on the door
    shops,  # noqa: F401
    twilio_masked,  # noqa: F401
    twilio_sms,  # noqa: F401
    twilio_sounds,  # noqa: F401
    twilio_status,  # noqa: F401
    twilio_voice,  # noqa: F401
)
