"""Clocks, parties and service levels in the words of the screens; the same for desk and admin.

Pure but for `names_of`, which reads what ids are called. Not for what any of it means: that is in
helpdesk.clocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.clocks.policies import CUSTOMER_FIELD, FIELD, Condition
from helpdesk.core.work import Work
from helpdesk.customers.models import CustomField, Organisation
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import TicketType

CLOCKS = {
    "first_response": "First response",
    "next_response": "Next response",
    "resolution": "Resolution",
    "promise": "Promise",
    "appointment": "Appointment",
}
PARTIES = {
    "queue": "In the queue",
    "agent": "With an agent",
    "bot": "With the bot",
    "customer": "Waiting on the customer",
    "third_party": "Waiting on a third party",
    "travelling": "Technician travelling",
    "on_site": "Technician on site",
    "closed_hours": "Closed hours",
}
PAUSES = {
    "customer": "Waiting on the customer",
    "third_party": "Waiting on a third party",
    "visit_booked": "A visit is booked",
    "queue": "In the queue",
    "bot": "With the bot",
    "travelling": "Technician travelling",
    "on_site": "Technician on site",
}
REASONS = {
    **{key: f"Paused: {word[0].lower()}{word[1:]}" for key, word in PAUSES.items()},
    "closed_hours": "Closed hours",
    "resolved": "Resolved",
    "closed": "Closed",
    "agent": "Paused: with an agent",
}
PRIORITIES = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}
SUBJECTS = {
    "priority": "Priority",
    "type": "Type",
    "queue_id": "Queue",
    "channel": "Channel",
    "tags": "Tags",
    "organisation_id": "Organisation",
}
OPERATORS = {
    "any_of": "is any of",
    "none_of": "is none of",
    "all_of": "are all of",
    "present": "is set",
    "absent": "is not set",
}
CHANNELS = {
    "email": "e-mail",
    "chat": "chat",
    "call": "call",
    "form": "form",
    "web": "web",
    "portal": "portal",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "api": "API",
}
_TARGET = re.compile(
    r"(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*"
    r"(?:(?:(\d{1,5})\s*(?:min|m))?\s*(?:(\d{1,7})\s*s)?|(\d{1,5}))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and keys are called on screens."""

    queues: Mapping[str, str]
    types: Mapping[str, str]
    organisations: Mapping[str, str]
    ticket_fields: Mapping[str, str] = field(default_factory=dict)
    customer_fields: Mapping[str, str] = field(default_factory=dict)

    def table(self, subject: str) -> Mapping[str, str] | None:
        """The words a subject chooses from; None where it is typed."""
        tables: dict[str, Mapping[str, str]] = {
            "queue_id": self.queues,
            "type": self.types,
            "priority": PRIORITIES,
            "channel": CHANNELS,
        }
        return tables.get(subject)

    def value(self, subject: str, value: str) -> str:
        tables: dict[str, Mapping[str, str]] = {
            "queue_id": self.queues,
            "type": self.types,
            "organisation_id": self.organisations,
            "priority": {key: word.lower() for key, word in PRIORITIES.items()},
            "channel": CHANNELS,
        }
        gone = "one that is gone" if subject in ("queue_id", "organisation_id") else value
        return tables.get(subject, {}).get(value, gone)

    def subject(self, subject: str) -> str:
        if subject.startswith(FIELD):
            key = subject.removeprefix(FIELD)
            return self.ticket_fields.get(key, key)
        if subject.startswith(CUSTOMER_FIELD):
            key = subject.removeprefix(CUSTOMER_FIELD)
            return f"Customer's {self.customer_fields.get(key, key)}"
        return SUBJECTS.get(subject, subject)


def names_of(work: Work, conditions: Iterable[Condition]) -> Names:
    """Names of everything that conditions may speak of; organisations only as far as they do."""
    wanted = {
        value for one in conditions if one.subject == "organisation_id" for value in one.values
    }
    organisations = work.session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    ).all()
    fields = work.session.execute(
        select(CustomField.subject, CustomField.key, CustomField.label).order_by(
            CustomField.position, CustomField.key
        )
    ).all()
    queues = work.session.execute(select(Queue.id, Queue.name).order_by(Queue.name)).all()
    types = work.session.execute(
        select(TicketType.key, TicketType.name).order_by(TicketType.position, TicketType.key)
    ).all()
    return Names(
        {row.id: row.name for row in queues},
        {row.key: row.name for row in types},
        {row.id: row.name for row in organisations},
        {row.key: row.label for row in fields if row.subject == "ticket"},
        {row.key: row.label for row in fields if row.subject == "customer"},
    )


def condition_text(condition: Condition, names: Names) -> str:
    """`Priority is high or urgent`, `Customer's tier is not set`."""
    subject = names.subject(condition.subject)
    values = [names.value(condition.subject, value) for value in condition.values]
    if condition.subject == "tags" and values:
        verb = "do not include" if condition.operator == "none_of" else "include"
        return (
            f"{subject} {verb} {listed(values, 'and' if condition.operator == 'all_of' else 'or')}"
        )
    match condition.operator:
        case "present":
            return f"{subject} is set"
        case "absent":
            return f"{subject} is not set"
        case "none_of":
            return f"{subject} is not {listed(values, 'or')}"
        case "all_of":
            return f"{subject} has {listed(values, 'and')}"
    return f"{subject} is {listed(values, 'or')}"


def mid_sentence(text: str) -> str:
    """As it is said inside a sentence; what begins with two capitals (VIP, ID) keeps them."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def listed(words: list[str], joint: str) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def target_text(seconds: int | None) -> str:
    """`2 h 30 min`; exact, so that reading it back gives the same seconds. Empty for none."""
    if not seconds:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def read_target(text: str) -> int | None:
    """Seconds of `30 min`, `2 h 30`, `1 d` (24 counted hours); a bare number is minutes.

    None for an empty text; ValueError for what is none of these.
    """
    plain = text.strip().lower()
    if not plain:
        return None
    shape = _TARGET.fullmatch(plain)
    if shape is None or not any(shape.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds, bare = (int(part or 0) for part in shape.groups())
    return days * 86400 + hours * 3600 + (minutes + bare) * 60 + seconds
