"""Sending what waits for an endpoint: one sender each, in a thread of its own.

The job of a worker only starts the thread, so an endpoint that takes ten seconds over each answer
holds up neither the other endpoints nor the worker's other labour. No transaction is open while the
other side is asked. The rows are the truth: a sender that dies leaves its delivery waiting, and the
sweeper calls another. So a receiver may get one event twice, and tells by `webhook-id`.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.webhooks import calling, service, signing
from helpdesk.workflows.webhooks import ACTOR

log = logging.getLogger("helpdesk.webhooks")

MOST_SENDERS = 16
MOST_AT_ONCE = 200

_places = threading.BoundedSemaphore(MOST_SENDERS)


@dataclass(frozen=True, slots=True)
class Call:
    delivery_id: str
    url: str
    body: bytes
    headers: dict[str, str]


def start_sender(event_id: str) -> None:
    """The job: send what waits for the endpoint that the event names.

    With no place free nothing is started; the sweeper calls again.
    """
    with reading(ACTOR) as work:
        facts = work.session.scalar(select(EventRow.facts).where(EventRow.id == event_id))
        endpoint_id = str(facts["endpoint_id"]) if facts else ""
    if not endpoint_id or not _places.acquire(blocking=False):
        return
    threading.Thread(
        target=_send_and_leave, args=(endpoint_id,), name="webhook sender", daemon=True
    ).start()


def send_waiting(endpoint_id: str) -> int:
    """Send what is due for this endpoint, in order; answers how many calls were made.

    Stops when it is off, rests after failures, or somebody else sends already.
    """
    with begin(ACTOR) as work:
        if not service.take(work, endpoint_id):
            return 0
    made = 0
    try:
        while made < MOST_AT_ONCE and (call := _next_call(endpoint_id)) is not None:
            answer = calling.post(call.url, call.body, call.headers)
            made += 1
            with begin(ACTOR) as work:
                if not service.note_answer(work, call.delivery_id, answer):
                    break
    finally:
        with begin(ACTOR) as work:
            service.give_back(work, endpoint_id)
    return made


def _send_and_leave(endpoint_id: str) -> None:
    try:
        send_waiting(endpoint_id)
    except Exception:
        log.exception("sending to webhook %s failed; it is tried again", endpoint_id)
    finally:
        _places.release()


def _next_call(endpoint_id: str) -> Call | None:
    with reading(ACTOR) as work:
        delivery = service.next_due(work, endpoint_id)
        if delivery is None:
            return None
        endpoint = service.get_endpoint(work, endpoint_id)
        body = delivery.body.encode()
        headers = signing.headers(
            service.secrets_of(work, endpoint),
            message_id=delivery.event_id,
            at=work.at,
            body=body,
        )
        return Call(delivery.id, endpoint.url, body, headers)
