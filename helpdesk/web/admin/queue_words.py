"""A queue's rules told in plain sentences, so that whoever sets them reads what they mean.

Pure. Not for why one customer waited (that is the desk's explanation page).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.routing.assignments import WRAP_UP_S
from helpdesk.routing.offers import OFFER_S
from helpdesk.web.presenting import duration

STRATEGIES = [
    ("longest_idle", "Longest idle", "Whoever has had nothing to do for the longest time."),
    ("least_occupied", "Least occupied", "Whoever has the smallest share of their places taken."),
    ("fewest_today", "Fewest today", "Whoever has taken the least today."),
    ("best_skill", "Best skills", "Whoever has the highest levels in the skills asked for."),
    ("weighted", "Weighted", "A sum of the four, each with a weight of your own."),
]
FIRST = {
    "longest_idle": "the one who has been idle longest",
    "least_occupied": "the one with most room left",
    "fewest_today": "the one who has taken the fewest today",
    "best_skill": "the one with the best skills for it",
    "weighted": "the one whom your weights put first",
}
TRIGGERS = [
    ("estimated_wait", "The estimated wait is above"),
    ("queue_length", "More are waiting than"),
    ("age", "Somebody has waited for"),
    ("nobody_signed_in", "Nobody who fits is signed in"),
]

INSTEAD = {"callback_instead": "to be called back", "message_instead": "to leave a message"}


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of the rules are called."""

    skills: Mapping[str, str]
    queues: Mapping[str, str]
    calendars: Mapping[str, str]


def sentences(facts: Mapping[str, Any], people: int, names: Names) -> list[str]:
    """What the rules mean for a chat, in the order in which it happens."""
    told = [_who(facts, people, names), _asked(facts)]
    if facts["preferred_head_start_s"]:
        told.append(
            f"An agent who knows the customer is asked alone for the first "
            f"{duration(facts['preferred_head_start_s'])}."
        )
    told += [_step(step, names) for step in facts["relaxation"]]
    told += [_rule(rule, names) for rule in facts["overflow"]]
    if instead := [words for key, words in INSTEAD.items() if facts[key]]:
        told.append(f"Callers in line may choose {' or '.join(instead)} instead.")
    if facts["priority_head_start_s"]:
        told.append(
            f"Its customers are served as if they had come "
            f"{duration(facts['priority_head_start_s'])} earlier."
        )
    told.append(
        f"The aim is to answer {facts['target_percent']} % within {duration(facts['target_s'])}."
    )
    told.append(_wrap_up(facts))
    told.append(_hours(facts, names))
    return told


def _who(facts: Mapping[str, Any], people: int, names: Names) -> str:
    folk = "nobody yet" if not people else "one person" if people == 1 else f"{people} people"
    name = facts["name"] or "this queue"
    needs = [
        f"{names.skills.get(skill, 'a skill that is gone')} {level} or better"
        for skill, level in facts["skills"].items()
    ]
    asks = f" with {_and(needs)}" if needs else ""
    return f"A chat for {name} goes to one of its people{asks}; {folk} serve{_s(people)} it."


def _asked(facts: Mapping[str, Any]) -> str:
    seconds = facts["offer_s"].get("chat", OFFER_S["chat"])
    first = FIRST.get(facts["strategy"], "the next in turn")
    return (
        f"Of those who are free, {first} is asked first and has {duration(seconds)} to accept; "
        "then the next."
    )


def _step(step: Mapping[str, Any], names: Names) -> str:
    parts = [f"{names.skills.get(s, 'a skill')} is no longer needed" for s in step["drop"]]
    parts += [
        f"{names.skills.get(skill, 'a skill')} {level} is enough"
        for skill, level in step["lower"].items()
    ]
    if step["add_queues"]:
        others = _and([names.queues.get(queue, "another queue") for queue in step["add_queues"]])
        parts.append(f"the people of {others} may help")
    return f"After {duration(step['after_s'])} of waiting, {_and(parts) or 'nothing changes'}."


def _rule(rule: Mapping[str, Any], names: Names) -> str:
    to = names.queues.get(rule["to"], "another queue")
    when = {
        "estimated_wait": f"the estimated wait is above {duration(rule['over'])}",
        "queue_length": f"more than {rule['over']} are waiting",
        "age": f"somebody has waited for {duration(rule['over'])}",
        "nobody_signed_in": "nobody who fits is signed in",
    }.get(rule["when"], "a rule holds")
    return f"When {when}, it moves to {to}."


def _wrap_up(facts: Mapping[str, Any]) -> str:
    seconds = facts["wrap_up_s"].get("chat", WRAP_UP_S["chat"])
    if not seconds:
        return "The agent is free again as soon as the chat ends."
    return f"After a chat the agent has {duration(seconds)} for wrap-up."


def _hours(facts: Mapping[str, Any], names: Names) -> str:
    if not facts["calendar_id"]:
        return "It is open day and night."
    hours = names.calendars.get(facts["calendar_id"], "hours that are gone")
    closed = (
        f"; when closed, visitors read “{facts['closed_text']}”" if facts["closed_text"] else ""
    )
    return f"It is open by {hours}{closed}."


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _s(people: int) -> str:
    return "" if people > 1 else "s"
