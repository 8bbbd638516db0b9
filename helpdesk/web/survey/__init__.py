"""The door behind a survey's link: one question, answered without signing in.

The link is the proof, so cookies are not looked at. Looking at a page answers nothing: programs
that open links in mails ahead of people do no harm.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("survey", __name__, url_prefix="/survey")

from helpdesk.web.survey import views  # noqa: E402, F401  they register themselves on the door
