"""Offers by the names that their agent knows them by: those of tickets by their numbers.

Routing knows what is offered as an id; this puts beside it what people read out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdesk.core.work import Work
from helpdesk.routing.queries import live_offers
from helpdesk.tickets.queries import numbers_of


def named(work: Work, offers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames of offers; those of tickets with `number` and `subject`, in one query."""
    ids = [one["ticket_id"] for one in offers if one["ticket_id"]]
    numbers = numbers_of(work, ids)
    named_ones = []
    for one in offers:
        if one["ticket_id"]:
            one = {**one, "number": numbers.get(one["ticket_id"]), "subject": one["reason"]}
        named_ones.append(one)
    return named_ones


def live_offers_named(work: Work, agent_id: str) -> list[dict[str, Any]]:
    """What is offered to an agent now, as the client gets it: what ends first stands first."""
    return sorted(named(work, live_offers(work, agent_id)), key=lambda one: one["expires_at"])
