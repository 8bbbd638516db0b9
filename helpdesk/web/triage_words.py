"""Triage in the words of the screens: fields, values, why it is off, what it did to a ticket.

The same for the administrator's page, the ticket's page and its history. Pure but for `names_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import TicketType
from helpdesk.web.sla_words import PRIORITIES

FIELDS = {"queue_id": "Queue", "type": "Type", "priority": "Priority", "tags": "Tags"}
WHY_NONE = {
    "too_few": "There are too few tickets to tell from which confidence on acting pays.",
    "too_often_wrong": "It is wrong too often: from no threshold on would acting pay.",
    "not_sure": "Acting may pay, but too few tickets say so to be sure.",
    "not_worth": "With the new model the chosen threshold would not pay.",
}
WHY_STOPPED = {
    **WHY_NONE,
    "losing": "What it did lately was wrong so often that it cost more than it gained.",
    "overconfident": "It was right clearly less often than it said.",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of fields are called."""

    queues: Mapping[str, str]
    types: Mapping[str, str]

    def of(self, field: str, value: str | None) -> str:
        if value is None:
            return "nothing"
        among: Mapping[str, Mapping[str, str]] = {
            "queue_id": self.queues,
            "type": self.types,
            "priority": PRIORITIES,
        }
        return among.get(field, {}).get(value, value)


def names_of(work: Work) -> Names:
    queues = work.session.execute(select(Queue.id, Queue.name))
    types = work.session.execute(select(TicketType.key, TicketType.name))
    return Names({row.id: row.name for row in queues}, {row.key: row.name for row in types})


def percent(share: float) -> str:
    """A share in whole per cent; never 100 % for what is not certain."""
    return f"{min(99, round(100 * share)) if share < 1 else 100} %"


def did(field: str, value: str) -> str:
    """What was suggested or done, as an action."""
    return {
        "queue_id": f"Move to {value}",
        "type": f"Type {value}",
        "priority": f"Priority {value}",
        "tags": f"Tag {value}",
    }.get(field, value)


def sentence(told: Mapping[str, Any], names: Names) -> str:
    """One line of a ticket's history about what triage did."""
    value = names.of(told["field"], told["value"])
    done = {
        "queue_id": f"Put this into {value}",
        "type": f"Set the type to {value}",
        "priority": f"Set the priority to {value}",
        "tags": f"Added the tag {value}",
    }.get(told["field"], value)
    return f"{done}, {percent(told['confidence'])} sure{because(told['words'])}."


def because(words: Sequence[str]) -> str:
    return f", because of {quoted(words)}" if words else ""


def quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
