"""Doing what a rule says, on a ticket that is held, by the services that people use, too.

An action that is refused (a step the lifecycle does not have, a person who left) is told and the
next one goes on. Not for deciding (`rules.deciding`) and not for who calls (`workflows.ruling`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Emitted, Work
from helpdesk.identity.models import User
from helpdesk.routing.models import Queue
from helpdesk.rules.actions import NOBODY, WHOM, Action, filled
from helpdesk.rules.deciding import Rule
from helpdesk.rules.events import RuleFired, RuleNotified
from helpdesk.tickets import following
from helpdesk.tickets.models import Ticket
from helpdesk.webhooks import service as webhooks
from helpdesk.workflows import cases, mail_automatic, webhooks_resources
from helpdesk.workflows import cases_line as line

WEBHOOK_KIND = "rule.fired"
MOST_TOLD = 50
LONGEST_NOTICE = 300


def perform(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    """Do it; empty when done, else why it was not."""
    try:
        return _BY_KIND[action.kind](work, rule, action, ticket)
    except Invalid as error:
        return next(iter(error.fields.values()), error.message)
    except HelpdeskError as error:
        return error.message


def _state(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    line.set_state(work, ticket.id, action.value, why=_why(rule))
    return ""


def _field(name: str) -> Callable[[Work, Rule, Action, Ticket], str]:
    def change(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
        return _change(work, rule, ticket, {name: action.value or None})

    return change


def _assign(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    to = None if action.value == NOBODY else action.value
    if to is not None and not is_id(to):
        return "This person is gone."
    line.assign(work, ticket.id, to, why=_why(rule))
    return ""


def _add_tags(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    return _change(work, rule, ticket, {"tags": [*ticket.tags, *action.values]})


def _remove_tags(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    gone = {value.casefold() for value in action.values}
    return _change(work, rule, ticket, {"tags": [t for t in ticket.tags if t not in gone]})


def _set_field(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    return _change(work, rule, ticket, {"fields": {action.value: action.text or None}})


def _note(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    cases.automatic(work, ticket.id, text=_text(work, action, ticket), public=False)
    return ""


def _reply(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    why = mail_automatic.send(work, ticket, _text(work, action, ticket))
    return f"Not sent: {why}." if why else ""


def _notify(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    wanted = {value for value in action.values if value not in WHOM and is_id(value)}
    if "assignee" in action.values and ticket.assignee_id:
        wanted.add(ticket.assignee_id)
    if "followers" in action.values:
        wanted |= {one.user_id for one in following.followers(work, ticket.id)}
    people = work.session.scalars(
        select(User).where(User.id.in_(wanted), User.is_active).order_by(User.id).limit(MOST_TOLD)
    ).all()
    seeing = following.able(work, ticket, people)
    people = [one for one in people if one.id in seeing]
    if not people:
        return "There is nobody to tell."
    text = _text(work, action, ticket)
    told = work.emit(
        RuleNotified(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            rule_id=rule.id,
            name=rule.name,
            user_ids=[one.id for one in people],
            text=text[:LONGEST_NOTICE],
        )
    )
    for one in people:
        mail_automatic.tell_colleague(
            work, ticket, one, once_key=f"notice:{told}:{one.id}", title=rule.name, text=text
        )
    return ""


def _webhook(work: Work, rule: Rule, action: Action, ticket: Ticket) -> str:
    endpoint = webhooks.get_endpoint(work, action.value)
    if endpoint.off_why:
        return "The webhook is off."
    work.session.flush()
    event = RuleFired(
        customer_id=ticket.customer_id,
        ticket_id=ticket.id,
        rule_id=rule.id,
        name=rule.name,
        version=rule.version,
    )
    call = Emitted(new_id(), event, work.at, work.actor.label)
    body = {
        "id": call.id,
        "kind": WEBHOOK_KIND,
        "at": work.at,
        "by": "system",
        "customer_id": ticket.customer_id,
        "facts": {"ticket_id": ticket.id, "rule_id": rule.id, "rule": rule.name},
        "resource": webhooks_resources.READERS["ticket"](work, [call])[call.id],
    }
    text = orjson.dumps(body, option=orjson.OPT_UTC_Z).decode()
    webhooks.enqueue(work, endpoint.id, event_id=call.id, kind=WEBHOOK_KIND, body=text)
    webhooks.call_senders(work, [endpoint.id])
    return ""


_BY_KIND: Mapping[str, Callable[[Work, Rule, Action, Ticket], str]] = {
    "set_state": _state,
    "set_priority": _field("priority"),
    "set_type": _field("type"),
    "set_queue": _field("queue_id"),
    "set_team": _field("team_id"),
    "assign": _assign,
    "add_tags": _add_tags,
    "remove_tags": _remove_tags,
    "set_field": _set_field,
    "add_note": _note,
    "send_reply": _reply,
    "notify": _notify,
    "call_webhook": _webhook,
}


def _change(work: Work, rule: Rule, ticket: Ticket, changes: dict[str, Any]) -> str:
    line.change(work, ticket.id, changes, details={"why": _why(rule)})
    return ""


def _why(rule: Rule) -> str:
    return f"rule: {rule.name}"


def _text(work: Work, action: Action, ticket: Ticket) -> str:
    queue = work.session.get(Queue, ticket.queue_id)
    agent = work.session.get(User, ticket.assignee_id) if ticket.assignee_id else None
    return filled(
        action.text,
        {
            "ticket": f"T-{ticket.number}",
            "queue": queue.name if queue else "",
            "agent": agent.public_name if agent else "",
        },
    )
