"""Rules in the words of the screens: what sets them off, what they ask, what they do and did.

The same for the administrator's form and for the history of a ticket. Pure but for `names_of`. Not
for what any of it means (`helpdesk.rules`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.models import CustomField
from helpdesk.identity.models import Team, User
from helpdesk.routing.models import Queue
from helpdesk.rules.actions import NOBODY, Action
from helpdesk.rules.conditions import Condition
from helpdesk.rules.models import RuleRow
from helpdesk.rules.service import Draft
from helpdesk.rules.subjects import CUSTOMER_FIELD, FIELD, SUBJECTS
from helpdesk.rules.triggers import CALLED, EVENTS, Timer
from helpdesk.tickets.models import TicketType
from helpdesk.web.presenting import duration
from helpdesk.web.sla_words import CHANNELS, CLOCKS, PRIORITIES, mid_sentence
from helpdesk.webhooks.models import WebhookEndpoint

STATES = {
    "new": "New",
    "open": "Open",
    "waiting_on_customer": "Waiting on customer",
    "waiting_on_third_party": "Waiting on third party",
    "visit_booked": "Visit booked",
    "resolved": "Resolved",
    "closed": "Closed",
}
OPERATORS = {
    "any_of": "is any of",
    "none_of": "is none of",
    "all_of": "has all of",
    "contains": "contains any of",
    "contains_none": "contains none of",
    "like": "is like (* for anything)",
    "at_least": "is at least",
    "at_most": "is at most",
    "present": "is set",
    "absent": "is not set",
}
UNSAID = "…"
YES_NO = {"yes": "Yes", "no": "No"}
AUTHORS = {"customer": "The customer", "agent": "One of us", "program": "The program"}
FIELD_NAMES = {
    "state": "State",
    "priority": "Priority",
    "type": "Type",
    "queue_id": "Queue",
    "team_id": "Team",
    "assignee_id": "Owner",
    "tags": "Tags",
    "subject": "Subject line",
    "fields": "Own fields",
}
BY_WHOM = {
    ("message_author", "any_of"): "The message was written by",
    ("message_author", "none_of"): "The message was not written by",
    ("by", "any_of"): "It was done by",
    ("by", "none_of"): "It was not done by",
}
WHOM = {"assignee": "The owner", "followers": "The followers"}
CALLED_WORDS = "Another rule runs it"


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and keys are called on screens."""

    queues: Mapping[str, str]
    teams: Mapping[str, str]
    people: Mapping[str, str]
    types: Mapping[str, str]
    ticket_fields: Mapping[str, str]
    customer_fields: Mapping[str, str]
    webhooks: Mapping[str, str]
    rules: Mapping[str, str]

    def table(self, subject: str) -> Mapping[str, str] | None:
        """The words a subject chooses from; None where it is free text."""
        tables: dict[str, Mapping[str, str]] = {
            "state": STATES,
            "priority": PRIORITIES,
            "type": self.types,
            "queue_id": self.queues,
            "team_id": self.teams,
            "assignee_id": self.people,
            "channel": CHANNELS,
            "unanswered": YES_NO,
            "message_author": AUTHORS,
            "by": AUTHORS,
            "changed": FIELD_NAMES,
            "clock": CLOCKS,
        }
        return tables.get(subject.removeprefix("before:"))

    def value(self, subject: str, value: Any) -> str:
        """One value of a subject, in words."""
        if value is None or value == "":
            return "none"
        known = self.table(subject)
        if known is None:
            return str(value)
        gone = "one that is gone" if subject.endswith("_id") else str(value)
        return known.get(str(value), gone)

    def subject(self, subject: str) -> str:
        if subject.startswith(FIELD):
            key = subject.removeprefix(FIELD)
            return self.ticket_fields.get(key, key)
        if subject.startswith(CUSTOMER_FIELD):
            key = subject.removeprefix(CUSTOMER_FIELD)
            return f"The customer's {self.customer_fields.get(key, key)}"
        found = SUBJECTS.get(subject)
        if found is None:
            return FIELD_NAMES.get(subject, subject)
        if found.group == "Customer":
            return f"The customer's {mid_sentence(found.words)}"
        return "The message" if subject == "message" else found.words


def names_of(work: Work) -> Names:
    """Everything that rules may speak of, in eight small queries."""

    def table(key: Any, word: Any, *, order: Any = None) -> dict[str, str]:
        rows = work.session.execute(select(key, word).order_by(word if order is None else order))
        return {found: str(text) for found, text in rows}

    fields = work.session.execute(
        select(CustomField.subject, CustomField.key, CustomField.label).order_by(
            CustomField.position, CustomField.key
        )
    ).all()
    people = select(User.id, User.name).where(User.role.in_(("admin", "supervisor", "agent")))
    return Names(
        queues=table(Queue.id, Queue.name),
        teams=table(Team.id, Team.name),
        people={row.id: row.name for row in work.session.execute(people.order_by(User.name))},
        types=table(TicketType.key, TicketType.name, order=TicketType.position),
        ticket_fields={row.key: row.label for row in fields if row.subject == "ticket"},
        customer_fields={row.key: row.label for row in fields if row.subject == "customer"},
        webhooks=table(WebhookEndpoint.id, WebhookEndpoint.name),
        rules=table(RuleRow.id, RuleRow.name),
    )


def sentences(draft: Draft, names: Names) -> list[str]:
    """What a rule means, sentence by sentence."""
    told = [when_text(draft)]
    told += [f"Only if {mid_sentence(condition_text(one, names))}" for one in draft.every]
    if draft.some:
        words = "; or ".join(mid_sentence(condition_text(one, names)) for one in draft.some)
        told.append(f"And one of these: {words}")
    if not draft.every and not draft.some:
        told.append("Whatever the ticket is like")
    told += [f"Then: {action_text(one, names)}" for one in draft.actions]
    if draft.stops:
        told.append("Rules further down don't look at this any more")
    return [line if line.endswith((".”", "…”", UNSAID)) else f"{line}." for line in told]


def when_text(draft: Draft) -> str:
    if draft.timer is not None:
        return timer_text(draft.timer)
    words = [trigger_text(one) for one in draft.triggers]
    return "When " + " or ".join(mid_sentence(word) for word in words) if words else "Never"


def trigger_text(trigger: str) -> str:
    if trigger == CALLED:
        return CALLED_WORDS
    return EVENTS.get(trigger) or {
        "in_state": "A ticket has been in a state for long",
        "since_customer": "The customer has been silent",
        "before_deadline": "A deadline comes near",
        "after_deadline": "A deadline is long past",
    }.get(trigger, trigger)


def timer_text(timer: Timer) -> str:
    long = duration(timer.after_s)
    clock = CLOCKS.get(timer.clock, "any deadline").lower()
    match timer.what:
        case "in_state":
            state = STATES.get(timer.state, timer.state).lower()
            return f"When a ticket has been {state} for {long}"
        case "since_customer":
            return f"When the customer last wrote {long} ago"
        case "before_deadline":
            return f"{long} before a deadline ({clock})"
    return f"{long} after a deadline ({clock}) that nobody met"


def condition_text(condition: Condition, names: Names) -> str:
    """`Priority is any of high, urgent`."""
    subject, operator = names.subject(condition.subject), OPERATORS[condition.operator]
    operator = operator.replace(" (* for anything)", "")
    values = [names.value(condition.subject, value) for value in condition.values]
    if by := BY_WHOM.get((condition.subject, condition.operator)):
        return f"{by} {' or '.join(map(mid_sentence, values)) or UNSAID}"
    if len(values) == 1:
        operator = {"is any of": "is", "is none of": "is not"}.get(
            operator, operator.replace(" any of", "").replace(" none of", " not")
        )
    quoted = names.table(condition.subject) is None and condition.operator not in (
        "at_least",
        "at_most",
    )
    words = ", ".join(f"“{value}”" if quoted else value for value in values)
    if not words and condition.operator not in ("present", "absent"):
        words = UNSAID
    return f"{subject} {operator} {words}".rstrip()


def action_text(action: Action, names: Names) -> str:
    kind, value = action.kind, action.value
    match kind:
        case "set_state" | "set_priority" | "set_type" | "set_team":
            subject = {"set_type": "type", "set_team": "team_id"}.get(kind, kind[4:])
            return f"set {FIELD_NAMES[subject].lower()} to {names.value(subject, value)}"
        case "set_queue":
            return f"move it to {names.value('queue_id', value)}"
        case "assign":
            return (
                "give it to nobody"
                if value == NOBODY
                else (f"give it to {names.value('assignee_id', value)}")
            )
        case "add_tags" | "remove_tags":
            verb = "add" if kind == "add_tags" else "remove"
            many = "" if len(action.values) == 1 else "s"
            return f"{verb} the tag{many} {', '.join(action.values) or UNSAID}"
        case "set_field":
            field = names.ticket_fields.get(value, value)
            return f"set {field} to “{action.text}”" if action.text else f"empty {field}"
        case "add_note":
            return f"note “{_short(action.text)}”"
        case "send_reply":
            return f"send the customer “{_short(action.text)}”"
        case "notify":
            who = [
                mid_sentence(WHOM[one]) if one in WHOM else names.people.get(one, "one who is gone")
                for one in action.values
            ]
            return f"tell {', '.join(who) or UNSAID} by e-mail"
        case "call_webhook":
            return f"call {names.webhooks.get(value, 'a webhook that is gone')}"
        case "run_rule":
            return f"run “{names.rules.get(value, 'a rule that is gone')}”"
    return kind


def change_text(field: str, before: Any, after: Any, names: Names) -> str:
    """`Priority: Normal → Urgent`."""
    return f"{names.subject(field)}: {_many(field, before, names)} → {_many(field, after, names)}"


def explained(details: Mapping[str, Any], names: Names) -> list[str]:
    """A line of a ticket's history of the kind `rule`: why it fired and what came of it."""
    told = [f"{trigger_text(str(details.get('trigger', '')))}."]
    for one in details.get("held", ()):
        condition = Condition(one["subject"], one["operator"], tuple(one["values"]))
        found = ", ".join(names.value(one["subject"], value) for value in one["found"])
        told.append(f"{condition_text(condition, names)}" + (f" (it is {found})" if found else ""))
    for field, (before, after) in details.get("changes", {}).items():
        told.append(change_text(field, before, after, names))
    told += [f"Not done: {one['why']}" for one in details.get("refused", ())]
    return told


def cut_text(why: str) -> str:
    """A line of the kind `rules_cut`."""
    if why == "depth":
        return "Rules set each other off too often here, so they were stopped."
    return "So many rules fired on this ticket today that the rest was stopped."


def _many(field: str, value: Any, names: Names) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(names.value(field, one) for one in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items()) or "none"
    return names.value(field, value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"
