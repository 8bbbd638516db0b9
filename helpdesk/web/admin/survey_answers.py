"""What customers answered: plain figures with their formula, the answers, and a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, reading
from helpdesk.customers.models import Customer
from helpdesk.identity import queries as people
from helpdesk.routing import queries as routing
from helpdesk.surveys import export, queries
from helpdesk.surveys.models import Survey
from helpdesk.surveys.queries import Wanted
from helpdesk.surveys.scales import SCALES
from helpdesk.tickets.models import Ticket
from helpdesk.web import doors
from helpdesk.web.admin import door, lookups
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "answers"
DAYS = (30, 90, 365)
HEAD = (
    "Answered", "Survey", "Score", "Comment", "About", "Customer", "Queue", "Answered by", "Sent",
)  # fmt: skip
STEP = 200


@door.get("/surveys/answers")
@allow("admin", "supervisor")
def survey_answers() -> Response:
    wanted, asked = _wanted()
    with reading(doors.actor()) as work:
        page = queries.page_of_answers(work, wanted, cursor=query_text("cursor") or None, limit=25)
        return show(
            "survey_answers.html",
            HERE,
            figures=queries.figures(work, wanted),
            rows=_lines(work, page.items),
            older=_address("/admin/surveys/answers", asked | {"cursor": page.next_cursor or ""})
            if page.next_cursor
            else None,
            newer=_address("/admin/surveys/answers", asked) if query_text("cursor") else None,
            file=_address("/admin/surveys/answers.csv", asked),
            asked=asked,
            days=DAYS,
            kinds=[(one.kind, one.name) for one in SCALES.values()],
            scales=SCALES,
            queues=[(one.id, one.name) for one in routing.queues(work)],
            agents=[(one.id, one.name) for one in lookups.staff(work, desk_only=True)],
        )


@door.get("/surveys/answers.csv")
@allow("admin", "supervisor")
def survey_answers_file() -> Response:
    """The same answers as a file, newest first, cells that no spreadsheet runs."""
    wanted, _ = _wanted()
    with reading(doors.actor()) as work:
        text = "".join(export.lines(HEAD, _cells(work, wanted)))
    response = Response(text.encode("utf-8"), mimetype="text/csv")
    name = f"survey-answers-{clock.now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """What was asked for, as a question and as the words of the address."""
    days = query_text("days")
    asked = {
        "days": days if days in {str(one) for one in DAYS} else str(DAYS[0]),
        "kind": query_text("kind") if query_text("kind") in SCALES else "",
        "queue": query_text("queue") if is_id(query_text("queue")) else "",
        "agent": query_text("agent") if is_id(query_text("agent")) else "",
        "low": "1" if query_text("low") == "1" else "",
    }
    since = clock.now() - timedelta(days=int(asked["days"]))
    wanted = Wanted(since, asked["kind"], asked["queue"], asked["agent"], asked["low"] == "1")
    return wanted, asked


def _address(path: str, asked: dict[str, str]) -> str:
    return doors.with_query(path, **asked)


def _lines(work: Work, rows: Any) -> list[dict[str, Any]]:
    """Answers with the names behind their ids, in four queries."""
    rows = list(rows)
    tickets = {
        row.id: row
        for row in work.session.execute(
            select(Ticket.id, Ticket.number, Ticket.subject).where(
                Ticket.id.in_({one.ticket_id for one in rows if one.ticket_id})
            )
        )
    }
    customers = {
        row.id: row.name
        for row in work.session.execute(
            select(Customer.id, Customer.name).where(
                Customer.id.in_({one.customer_id for one in rows})
            )
        )
    }
    queues = {row.id: row.name for row in routing.queues(work)}
    agents = people.names(work, [one.agent_id for one in rows if one.agent_id])
    return [
        {
            "survey": one,
            "scale": SCALES[one.kind],
            "ticket": tickets.get(one.ticket_id or ""),
            "customer": customers.get(one.customer_id, ""),
            "queue": queues.get(one.queue_id, ""),
            "agent": agents.get(one.agent_id or "", ""),
        }
        for one in rows
    ]


def _cells(work: Work, wanted: Wanted) -> Iterator[list[object]]:
    held: list[Survey] = []
    for one in queries.every_answer(work, wanted):
        held.append(one)
        if len(held) == STEP:
            yield from map(_row, _lines(work, held))
            held = []
    yield from map(_row, _lines(work, held))


def _row(line: dict[str, Any]) -> list[object]:
    one: Survey = line["survey"]
    return [
        one.answered_at.isoformat(timespec="seconds") if one.answered_at else "",
        line["scale"].name,
        one.score,
        one.comment,
        f"T-{line['ticket'].number}" if line["ticket"] else one.conversation_id or "",
        line["customer"],
        line["queue"],
        line["agent"],
        one.sent_at.isoformat(timespec="seconds") if one.sent_at else "",
    ]
