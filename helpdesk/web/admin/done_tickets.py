"""What each queue does with done tickets: reopen them or open a follow-up, and when to close.

A queue without a rule of its own follows the house's; dropping one leads back to that.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing import queries as routing
from helpdesk.routing import setup
from helpdesk.routing.models import Queue
from helpdesk.tickets import queue_rules
from helpdesk.tickets.lifecycle import HOUSE_RULE, ReopenRule
from helpdesk.tickets.models import TicketQueueRule
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "done-tickets"
SHAPE = Shape(texts=("reopen", "reopen_days", "closing", "close_after_days"))
LABELS = {
    "reopen": "When a customer answers", "reopen_days": "Days to answer",
    "closing": "Closing", "close_after_days": "Days until it is closed",
}  # fmt: skip
REOPENS = [
    ("within", "Reopen it for some days", "Later answers open a follow-up ticket."),
    ("always", "Always reopen it", "However long ago it was resolved."),
    ("never", "Never reopen it", "Each answer opens a follow-up ticket."),
]
CLOSINGS = [("days", "By itself, after some days"), ("person", "By a person only")]


@door.get("/done-tickets")
@allow("admin")
def done_tickets_list() -> Response:
    return _list()


@door.get("/done-tickets/<id:queue_id>")
@allow("admin")
def done_tickets(queue_id: str) -> Response:
    with reading(doors.actor()) as work:
        queue, row = _get(work, queue_id)
        return _page(queue, row, _values(row))


@door.post("/done-tickets/<id:queue_id>")
@allow("admin")
def save_done_tickets(queue_id: str) -> Response:
    given = forms.read(SHAPE)
    if given.do:
        with reading(doors.actor()) as work:
            queue, row = _get(work, queue_id)
            return _page(queue, row, given.values, given=given)
    try:
        with begin(doors.actor()) as work:
            _get(work, queue_id)
            queue_rules.set_rule(work, queue_id, _rule(given.values), version=given.version)
    except (Invalid, Conflict) as error:
        return _again(queue_id, given, error)
    return doors.go("/admin/done-tickets?note=saved")


@door.post("/done-tickets/<id:queue_id>/drop")
@allow("admin")
def drop_done_tickets(queue_id: str) -> Response:
    """The usual rule holds again; answers the list with the way back."""
    with begin(doors.actor()) as work:
        queue, row = _get(work, queue_id)
        was = _values(row)
        rule = queue_rules.drop_rule(work, queue_id)
        dropped = (queue.id, queue.name, list(was.items())) if rule else None
    return _list(dropped=dropped)


def sentences(rule: ReopenRule) -> list[str]:
    """The rule as it reads."""
    days = _days(rule.days)
    answers = {
        "always": "An answer reopens the ticket, however late it comes.",
        "within": f"An answer within {days} of the resolution reopens the ticket. Later it opens a "
        "follow-up ticket.",
        "never": "An answer opens a follow-up ticket.",
    }
    told = [answers[rule.reopen]]
    if rule.reopen != "always":
        told.append("A follow-up has a number and clocks of its own and is linked to the first.")
    if rule.close_after_days is None:
        told.append("A resolved ticket stays so until a person closes it.")
    else:
        told.append(f"{_days(rule.close_after_days)} after it was resolved, it is closed.")
    return told


def short(rule: ReopenRule) -> tuple[str, str]:
    """What an answer does and when tickets are closed, for a row of the list."""
    answer = {
        "always": "Reopens it",
        "within": f"Reopens it for {_days(rule.days)}",
        "never": "Opens a follow-up",
    }[rule.reopen]
    if rule.close_after_days is None:
        return answer, "By a person"
    return answer, f"After {_days(rule.close_after_days)}"


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        own = queue_rules.own_rules(work)
        lines = [
            (row, row.id in own, *short(queue_rules.as_rule(own.get(row.id))))
            for row in routing.queues(work)
        ]
    values = {"lines": lines, "usual": sentences(HOUSE_RULE), "dropped": None}
    return show("done_tickets.html", HERE, **{**values, **extra})


def _again(queue_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        queue, row = _get(work, queue_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(queue, row, given.values, error.status, given=given, **refused)
        shown, change = frame.stale(work, "queue", queue_id, given, _values(row), LABELS)
        return _page(queue, row, shown, 409, stale=change, dirty=True)


def _page(
    queue: Queue,
    row: TicketQueueRule | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    return show(
        "done_ticket.html",
        HERE,
        status,
        queue=queue,
        own=row is not None,
        form=form,
        was=forms.as_was(given.was if given else _values(row)),
        version=given.version if given else row.version if row else 0,
        reopens=REOPENS,
        closings=CLOSINGS,
        preview=_preview(form),
        **{"dirty": given is not None, **extra},
    )


def _preview(form: Values) -> list[str]:
    try:
        return sentences(_rule(form))
    except Invalid:
        return []


def _get(work: Work, queue_id: str) -> tuple[Queue, TicketQueueRule | None]:
    return setup.get_queue(work, queue_id), work.session.get(TicketQueueRule, queue_id)


def _values(row: TicketQueueRule | None) -> Values:
    rule = queue_rules.as_rule(row)
    closes = rule.close_after_days
    return {
        "reopen": rule.reopen,
        "reopen_days": str(rule.days),
        "closing": "person" if closes is None else "days",
        "close_after_days": str(HOUSE_RULE.close_after_days if closes is None else closes),
    }


def _rule(form: Values) -> ReopenRule:
    """What the form asks for; a number that does not count for what is chosen may be anything."""
    wrong: dict[str, str] = {}
    if form["reopen"] not in [code for code, _, _ in REOPENS]:
        wrong["reopen"] = "Choose what an answer does."
    if form["closing"] not in dict(CLOSINGS):
        wrong["closing"] = "Choose who closes."
    days = HOUSE_RULE.days
    if form["reopen"] == "within":
        days = forms.number(form, "reopen_days", wrong)
    closes = None
    if form["closing"] == "days":
        closes = forms.number(form, "close_after_days", wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return ReopenRule(form["reopen"], days, closes)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
