"""What somebody in line on a telephone may choose by a key instead of waiting on.

To be rung back in their place, or to leave a message, as their queue allows. Not for what follows
from it (see `telephone_ring_back` and `telephone_voicemail`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.calls.models import Call
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import telephone_ring_back, telephone_voicemail
from helpdesk.workflows.telephone_answers import Choice

RING_BACK, MESSAGE = "1", "2"
SHORT_S = 60  # whoever is answered within it only loses time by pressing keys


def offered(
    work: Work, call: Call, item: WorkItem, shown: Mapping[str, Any], *, pressed: bool
) -> tuple[Choice, ...]:
    """The questions, where there is a wait worth sparing; empty elsewhere. `pressed`: they want to
    be rung back, and their number is to be confirmed."""
    if item.state != "waiting" or call.direction == "out" or _is_short(shown):
        return ()
    queue = routing.get_queue(work, item.queue_id)
    number = ""
    if queue.callback_instead:
        number = telephone_ring_back.number_of(work, call.conversation_id)
    if pressed and number:
        return (Choice((telephone_ring_back.question(number),), sure=True),)
    texts: tuple[str, ...] = (telephone_ring_back.OFFER,) if number else ()
    if queue.message_instead:
        texts += (telephone_voicemail.OFFER,)
    return (Choice(texts),) if texts else ()


def _is_short(shown: Mapping[str, Any]) -> bool:
    most = shown.get("wait_p90_s")
    return most is not None and most <= SHORT_S and not shown.get("here")
