"""What the demo's doors ask of the exchange, over the same loopback address as all of REST."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

import requests

from helpdesk.core.config import Settings
from helpdesk.core.errors import Conflict, NotFound, Unavailable

PATIENCE_S = 5.0
AWAY = "The telephone exchange of the demo does not answer. Try again in a moment."


def ask(settings: Settings, *path: str, **form: str) -> dict[str, Any]:
    """The answer to a question, or to an order where there is a `form`.

    NotFound where the carrier is a real one; Conflict in the exchange's own words.
    """
    if not settings.has_exchange:
        raise NotFound()
    where = "/".join([settings.twilio_api_base, *(quote(part, safe="+") for part in path)])
    own = (settings.twilio_account_sid, settings.twilio_auth_token)
    method = "POST" if form else "GET"
    try:
        answer = requests.request(method, where, data=form, auth=own, timeout=PATIENCE_S)
        told = answer.json()
    except (OSError, ValueError) as error:
        raise Unavailable(AWAY) from error
    if answer.status_code != 200:
        raise Conflict(str(told.get("message", AWAY)), code="cannot_do")
    return cast("dict[str, Any]", told)
