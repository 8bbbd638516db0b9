"""What a rule may ask about, and how: the table behind conditions and their form. Pure.

`field:KEY` is a custom field of the ticket, `customer:KEY` one of its customer, `before:NAME` what
a field of the ticket held before the change that the rule looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["choice", "many", "text", "number"]

FIELD = "field:"
CUSTOMER_FIELD = "customer:"
BEFORE = "before:"

_PRESENCE = ("present", "absent")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "choice": ("any_of", "none_of", *_PRESENCE),
    "many": ("any_of", "all_of", "none_of", *_PRESENCE),
    "text": ("contains", "contains_none", "like", "any_of", "none_of", *_PRESENCE),
    "number": ("at_least", "at_most", "any_of", *_PRESENCE),
}
NEEDS_NO_VALUES = frozenset(_PRESENCE)


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    group: str
    words: str
    kind: Kind


_ALL = (
    Subject("state", "Ticket", "State", "choice"),
    Subject("priority", "Ticket", "Priority", "choice"),
    Subject("type", "Ticket", "Type", "choice"),
    Subject("queue_id", "Ticket", "Queue", "choice"),
    Subject("team_id", "Ticket", "Team", "choice"),
    Subject("assignee_id", "Ticket", "Owner", "choice"),
    Subject("channel", "Ticket", "Channel", "choice"),
    Subject("tags", "Ticket", "Tags", "many"),
    Subject("subject", "Ticket", "Subject line", "text"),
    Subject("unanswered", "Ticket", "Customer waits for an answer", "choice"),
    Subject("reopened_count", "Ticket", "Times reopened", "number"),
    Subject("open_hours", "Ticket", "Hours since it was opened", "number"),
    Subject("organisation", "Customer", "Organisation", "text"),
    Subject("customer_name", "Customer", "Name", "text"),
    Subject("customer_email", "Customer", "E-mail address", "text"),
    Subject("customer_language", "Customer", "Language", "choice"),
    Subject("customer_tags", "Customer", "Tags", "many"),
    Subject("message", "Message", "Text", "text"),
    Subject("message_author", "Message", "Written by", "choice"),
    Subject("by", "What happened", "Done by", "choice"),
    Subject("changed", "What happened", "Changed field", "many"),
    Subject("before:state", "What happened", "State before", "choice"),
    Subject("before:priority", "What happened", "Priority before", "choice"),
    Subject("before:queue_id", "What happened", "Queue before", "choice"),
    Subject("before:assignee_id", "What happened", "Owner before", "choice"),
    Subject("clock", "What happened", "Deadline", "choice"),
    Subject("score", "What happened", "Score of the survey", "number"),
)
SUBJECTS: Mapping[str, Subject] = {one.name: one for one in _ALL}

# What the words of a closed choice may be; for others the installation's own rows are asked.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "unanswered": ("yes", "no"),
    "message_author": ("customer", "agent", "program"),
    "by": ("customer", "agent", "program"),
    "clock": ("first_response", "next_response", "resolution", "promise", "appointment"),
}


def find(name: str) -> Subject | None:
    """The subject of that name; custom fields are taken as text."""
    if name in SUBJECTS:
        return SUBJECTS[name]
    for prefix, group in ((FIELD, "Ticket"), (CUSTOMER_FIELD, "Customer")):
        key = name.removeprefix(prefix)
        if key != name and key:
            return Subject(name, group, key, "text")
    return None


def operators_of(name: str) -> tuple[str, ...]:
    found = find(name)
    if found is None:
        return ()
    if name.startswith((FIELD, CUSTOMER_FIELD)):
        return (*OPERATORS["text"], "at_least", "at_most")
    return OPERATORS[found.kind]
