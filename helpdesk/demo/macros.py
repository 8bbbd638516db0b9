"""What the people of the company write again and again, as macros everybody may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.core.actors import Actor
from helpdesk.demo.history_work import DEMO, HistoryWork
from helpdesk.workflows import cases_macros

GREETING = "Dear {{customer.first_name}},\n\n"
CLOSING = "\n\nKind regards\n{{agent.name}}"

# Name, when it is used, what it says between greeting and closing, what it changes.
MACROS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "Ask for the meter reading",
        "Bills and moving house",
        "please send us a photo of your meter on which every digit can be read.",
        {"changes": {"state": "waiting_on_customer"}, "add_tags": ["meter"]},
    ),
    (
        "Technician is booked",
        "Heat pumps and chargers",
        "a technician comes to you. You will be told the hour the day before.",
        {"changes": {"state": "visit_booked"}, "add_tags": ["visit"]},
    ),
    (
        "Solved, thank you",
        "The last words",
        "it is good to hear that all is well again. If anything is left, answer this mail.",
        {"changes": {"state": "resolved"}},
    ),
    (
        "Urgent, mine",
        "Take it before everything else",
        "",
        {"changes": {"priority": "urgent", "assignee_id": "me"}},
    ),
)


def write(work: HistoryWork, author: Actor) -> None:
    """Keep them in the name of whoever looks after them."""
    work.act_as(author)
    for name, description, words, facts in MACROS:
        cases_macros.save(
            work,
            {
                "name": name,
                "description": description,
                "reply": f"{GREETING}{words}{CLOSING}" if words else "",
                "audience": "everybody",
                **facts,
            },
        )
    work.act_as(DEMO)
