"""The queue of labour: a job is a name from a table and plain JSON arguments, nothing else.

RQ carries it with its JSON serializer, so nothing that lies in Redis is ever unpickled, and a
worker runs no function but ours. What must happen does not live here alone: Redis may forget.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from helpdesk.core import redis
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.listening import Job, by_name
from helpdesk.core.work import begin
from helpdesk.jobs import deliveries

log = logging.getLogger("helpdesk.jobs")

QUEUE = "helpdesk"
PERFORM = "helpdesk.jobs.queue.perform"
PERFORM_ERRAND = "helpdesk.jobs.queue.perform_errand"
ALLOWED = frozenset({PERFORM, PERFORM_ERRAND})
TRIES = 3
KEEP_RESULT_S = 600
KEEP_FAILURE_S = 7 * 86400


@cache
def table() -> dict[str, Job]:
    """Every job by its name."""
    # Only a process that queues or works needs them all.
    from helpdesk import wiring  # noqa: PLC0415
    from helpdesk.jobs import housekeeping  # noqa: PLC0415

    return by_name([*housekeeping.JOBS, *wiring.jobs()])


def enqueue(name: str, **arguments: Any) -> str:
    """Put the job `name` into the queue; answers the id of this labour.

    `arguments` must be plain JSON values. Raises RedisError when Redis is away.
    """
    return _put(PERFORM, [name, arguments], name, table()[name].timeout_s)


def enqueue_errand(consumer: str, name: str, event_id: str) -> str:
    """Queue an errand of one event; the worker sees to it that it is done once."""
    arguments = [consumer, name, event_id]
    return _put(PERFORM_ERRAND, arguments, f"{consumer} for {event_id}", table()[name].timeout_s)


def _put(function: str, arguments: list[Any], description: str, timeout_s: int) -> str:
    from rq import Queue, Retry  # noqa: PLC0415  ten megabytes that most processes never need

    queue = Queue(QUEUE, connection=redis.client(), serializer="json")
    job = queue.enqueue_call(
        function,
        args=arguments,
        timeout=timeout_s,
        description=description,
        job_id=new_id(),
        result_ttl=KEEP_RESULT_S,
        failure_ttl=KEEP_FAILURE_S,
        # A worker that was killed gives its job back once; an error is not tried again at once.
        retry=Retry(max=TRIES),
    )
    return str(job.id)


def perform(name: str, arguments: dict[str, Any]) -> None:
    """What a worker runs for `enqueue`."""
    job = table().get(name)
    if job is None:
        log.warning("nobody knows a job called %s", name)
        return
    job.run(**arguments)


def perform_errand(consumer: str, name: str, event_id: str) -> None:
    """What a worker runs for an errand: once in effect, with its failures counted."""
    job = table()[name]
    actor = system(consumer)
    with begin(actor) as work:
        mine = deliveries.start_errand(work, consumer, event_id, seconds=job.timeout_s + 30)
    if not mine:
        return
    try:
        job.run(event_id=event_id)
    except Exception as error:
        log.exception("errand %s failed for event %s", consumer, event_id)
        with begin(actor) as work:
            deliveries.failed(work, consumer, event_id, f"{type(error).__name__}: {error}")
        return
    with begin(actor) as work:
        deliveries.claim(work, consumer, event_id)
        deliveries.done(work, consumer, event_id)
