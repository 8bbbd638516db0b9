"""When X happened, then Y: one readable table of who listens to what, and what time demands.

The shapes are in `helpdesk.core.listening`; the relay, the sweeper and the worker read them here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from helpdesk.core.listening import Consumer, Duty, Job
from helpdesk.core.work import Observer
from helpdesk.customers import timeline


def observers() -> Sequence[Observer]:
    """Who listens inside each transaction."""
    return (timeline.observe,)


def announcer() -> Callable[..., object] | None:
    """Who tells the sockets: `announce(emitted, from_relay=True)`."""
    return None


def consumers() -> Mapping[str, Sequence[Consumer]]:
    """Who acts on an event after its commit, by the event's kind."""
    return {}


def duties() -> Sequence[Duty]:
    """What the sweeper does again and again."""
    return ()


def jobs() -> Sequence[Job]:
    """Labour that workers know, beside the housekeeping in `helpdesk.jobs`."""
    return ()
