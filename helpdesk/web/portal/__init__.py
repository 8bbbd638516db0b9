"""The customers' own door: signing in, their matters, new requests, their data.

Works without JavaScript, one column, in the brand of a chat site and in the reader's language.
Every view takes what its reader may see from `workflows.portal_reach`; not yours is not there.
"""

from __future__ import annotations

from flask import Blueprint

from helpdesk.core.errors import NotFound

door = Blueprint("portal", __name__, url_prefix="/portal")

from helpdesk.web.portal import (  # noqa: E402  views register themselves on the door
    complaints,
    home,
    household,
    matters,
    missing,
    offers,
    owned,
    privacy,
    profile,
    requests,
    returns,
    security,
    signing_in,
    two_step,
    unsubscribing,
    visits,
    visits_booking,
    writing,
)

door.register_error_handler(NotFound, missing.show)

__all__ = [
    "complaints", "door", "home", "household", "matters", "missing", "offers", "owned",
    "privacy", "profile", "requests", "returns", "security", "signing_in", "two_step",
    "unsubscribing", "visits", "visits_booking", "writing",
]  # fmt: skip
