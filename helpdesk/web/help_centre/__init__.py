"""The help centre: articles for whoever may read them, by sections and by search.

Public, in the brand and language of the portal, readable without JavaScript. An article lives at
`/help/<language>/<slug>`; addresses that it had before lead on to it for ever. Not for writing
(`web.knowledge`).
"""

from __future__ import annotations

from flask import Blueprint

from helpdesk.core.errors import NotFound
from helpdesk.web.portal import missing

door = Blueprint("help", __name__, url_prefix="/help")

from helpdesk.web.help_centre import (  # noqa: E402, F401  views register themselves on the door
    pages,
    said,
)

door.register_error_handler(NotFound, missing.show)
