"""Offers by the names that their agent knows them by: numbers of tickets, callbacks as such.

Routing knows what is offered as an id; this puts beside it what people read out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.routing.queries import live_offers
from helpdesk.tickets.queries import numbers_of


def named(work: Work, offers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames of offers; those of tickets with `number` and `subject`, in one query, and
    callbacks under their own name: they take the room of a call, but nobody is on the line.
    """
    ids = [one["ticket_id"] for one in offers if one["ticket_id"]]
    numbers = numbers_of(work, ids)
    callbacks = _callbacks(work, [o["conversation_id"] for o in offers if o["channel"] == "call"])
    named_ones = []
    for one in offers:
        if one["ticket_id"]:
            one = {**one, "number": numbers.get(one["ticket_id"]), "subject": one["reason"]}
        elif one["conversation_id"] in callbacks:
            one = {**one, "channel": "callback"}
        named_ones.append(one)
    return named_ones


def _callbacks(work: Work, conversation_ids: Sequence[str]) -> set[str]:
    if not conversation_ids:
        return set()
    found = work.session.scalars(
        select(Conversation.id).where(
            Conversation.id.in_(conversation_ids), Conversation.channel == "callback"
        )
    )
    return set(found)


def live_offers_named(work: Work, agent_id: str) -> list[dict[str, Any]]:
    """What is offered to an agent now, oldest first, as the client gets it."""
    return named(work, live_offers(work, agent_id))
