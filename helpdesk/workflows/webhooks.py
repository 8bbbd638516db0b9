"""From events to deliveries: a reaction of the relay writes down who is to be told what.

Sending is for a worker (see `webhooks_sending`). What an import takes over is history and told to
nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.webhooks import queries, service
from helpdesk.webhooks.kinds import BY_NAME, PING, told_facts
from helpdesk.webhooks.models import WebhookEndpoint
from helpdesk.workflows import webhooks_resources

ACTOR = system("webhooks")
IMPORT = system("import").label


def note_events(work: Work, emitted: list[Emitted]) -> None:
    """Write a delivery for each endpoint that wants one of these; once, whatever is repeated."""
    wanted = queries.wanted_by(work)
    told = [
        (one, facts)
        for one in emitted
        if one.event.kind in wanted
        and one.actor != IMPORT
        and (facts := told_facts(BY_NAME[one.event.kind], one.event.facts())) is not None
    ]
    if not told:
        return
    shown = webhooks_resources.resources(work, [one for one, _ in told])
    called: set[str] = set()
    for one, facts in told:
        about_message = "message" in BY_NAME[one.event.kind].subject
        if about_message and shown.get(one.id) is None:
            continue  # a note, or erased meanwhile
        body = _body(one, facts, shown.get(one.id))
        for endpoint_id in wanted[one.event.kind]:
            if service.enqueue(work, endpoint_id, event_id=one.id, kind=one.event.kind, body=body):
                called.add(endpoint_id)
    if called:
        service.call_senders(work, sorted(called))


def call_senders() -> None:
    """What is due again, for the sweeper: tries after a pause, and senders that were lost."""
    with reading(ACTOR) as work:
        anything = queries.anything_waiting(work)
    if anything:
        with begin(ACTOR) as work:
            service.call_senders(work)


def forget_old() -> None:
    """Remove old deliveries in small transactions."""
    while True:
        with begin(ACTOR) as work:
            if not service.forget_old(work):
                return


def test_body(work: Work, endpoint: WebhookEndpoint) -> str:
    """What a ping carries."""
    facts = {"name": endpoint.name, "kinds": endpoint.kinds}
    return _text({"kind": PING, "at": work.at, "facts": facts, "resource": None})


def _body(one: Emitted, facts: Mapping[str, Any], resource: Any) -> str:
    return _text(
        {
            "id": one.id,
            "kind": one.event.kind,
            "at": one.at,
            "by": one.actor.partition(":")[0],
            "customer_id": one.event.customer_id,
            "facts": facts,
            "resource": resource,
        }
    )


def _text(body: Mapping[str, Any]) -> str:
    return orjson.dumps(body, option=orjson.OPT_UTC_Z).decode()
