"""What happens next with a matter, who has to act and until when, in one step.

From the ledger of who is waited for and its running clocks; the deciding is pure. The promise's own
words are a colleague's and stay inside. Not for the sentence (the portal has it per language).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.clocks.models import ClockRow, SpanRow
from helpdesk.core.work import Work
from helpdesk.field_service import settings
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.tickets import queue_rules
from helpdesk.tickets.lifecycle import HOUSE_RULE, ReopenRule, is_done, reopens
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import visit_coming

ANSWERS = ("first_response", "next_response")
_PARTIES = {
    "third_party": "other",
    "travelling": "travelling",
    "on_site": "on_site",
    "bot": "bot",
}


@dataclass(frozen=True, slots=True)
class Step:
    """`code` names the sentence, `who` us, you, other or none; `due` and `at` go into it.

    Of a return or complaint (`portal_flows`) the code is the sentence's whole name; of a visit with
    a window `due` and `at` are its beginning and end, told as one.
    """

    code: str
    who: str
    due: datetime | None = None
    at: datetime | None = None
    is_late: bool = False
    zone: str = ""  # of the place that is visited, whose clock counts


@dataclass(frozen=True, slots=True)
class Standing:
    """How a matter stands. `dues` are the running clocks' deadlines, None while one pauses."""

    state: str
    party: str = ""
    owes_answer: bool = False
    is_joined: bool = False
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    rule: ReopenRule = HOUSE_RULE
    dues: Mapping[str, datetime | None] | None = None
    visit: Coming | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """The next visit of a matter: its window, and whether that passed without anybody coming."""

    starts_at: datetime
    ends_at: datetime
    is_missed: bool = False
    zone: str = ""


def decide(it: Standing, at: datetime) -> Step:
    """The step of one matter at a moment."""
    dues = it.dues or {}
    if it.is_joined:
        return Step("joined", "none")
    if is_done(it.state):
        return _done(it, at)
    promise = dues.get("promise")
    if promise is not None:
        return Step("promise_late" if promise < at else "promise", "us", promise)
    if it.state == "waiting_on_customer":
        return Step("you", "you")
    if it.state == "visit_booked" and it.party not in ("travelling", "on_site"):
        return _visit(it.visit)
    code = _PARTIES.get(it.party)
    if code is not None and not it.owes_answer:
        return Step(code, "us" if code in ("travelling", "on_site", "bot") else "other")
    if it.owes_answer:
        answers = [due for name in ANSWERS if (due := dues.get(name)) is not None]
        return _owed("answer", min(answers, default=None), at)
    return _owed("work", dues.get("resolution"), at)


def _visit(it: Coming | None) -> Step:
    if it is None:
        return Step("visit", "other")
    if it.is_missed:
        return Step("visit_missed", "us", it.starts_at, it.ends_at, zone=it.zone)
    return Step("visit_window", "other", it.starts_at, it.ends_at, zone=it.zone)


def may_reopen(work: Work, ticket: Ticket) -> bool:
    """Whether the customer's words open the done ticket again; else they open a new one."""
    return reopens(queue_rules.rule_of(work, ticket.queue_id), ticket.resolved_at, work.at)


def steps(work: Work, tickets: Sequence[Ticket]) -> dict[str, Step]:
    """The step of each of these matters, in a few statements however many there are."""
    live = [ticket.id for ticket in tickets if not is_done(ticket.state)]
    dues, parties = _dues(work, live), _parties(work, live)
    visits = _visits(work, [one.id for one in tickets if one.state == "visit_booked"])
    rules = queue_rules.own_rules(work) if len(live) < len(tickets) else {}
    found = {}
    for ticket in tickets:
        standing = Standing(
            ticket.state,
            party=parties.get(ticket.id, ""),
            owes_answer=ticket.waiting_since is not None,
            is_joined=ticket.merged_into_id is not None,
            resolved_at=ticket.resolved_at,
            closed_at=ticket.closed_at,
            rule=queue_rules.as_rule(rules.get(ticket.queue_id)),
            dues=dues.get(ticket.id),
            visit=visits.get(ticket.id),
        )
        found[ticket.id] = decide(standing, work.at)
    return found


def _done(it: Standing, at: datetime) -> Step:
    since = it.resolved_at or it.closed_at
    if since is None:
        return Step("closed", "none", at=at)
    if not reopens(it.rule, it.resolved_at, at):
        return Step("closed" if it.state == "closed" else "solved_final", "none", at=since)
    if it.rule.reopen == "always":
        return Step("solved_open", "none", at=since)
    return Step("solved", "none", due=since + timedelta(days=it.rule.days), at=since)


def _owed(code: str, due: datetime | None, at: datetime) -> Step:
    if due is None:
        return Step(f"{code}_open", "us")
    return Step(f"{code}_late" if due < at else code, "us", due)


def _dues(work: Work, ids: Sequence[str]) -> dict[str, dict[str, datetime | None]]:
    found: dict[str, dict[str, datetime | None]] = {}
    if not ids:
        return found
    rows = work.session.execute(
        select(ClockRow.ticket_id, ClockRow.name, ClockRow.due_at)
        .where(ClockRow.ticket_id.in_(ids), ClockRow.stopped_at.is_(None))
        .order_by(ClockRow.due_at.desc())
    )
    for ticket_id, name, due_at in rows:
        if due_at is not None:  # of several promises the soonest is told
            found.setdefault(ticket_id, {})[name] = due_at
    return found


def _visits(work: Work, ids: Sequence[str]) -> dict[str, Coming]:
    """The soonest visit with a window of each."""
    if not ids:
        return {}
    rows = work.session.execute(
        select(Visit, VisitPlace.zone)
        .join(VisitPlace, VisitPlace.id == Visit.place_id)
        .where(
            Visit.ticket_id.in_(ids),
            Visit.state.in_(("waiting", "booked")),
            Visit.window_starts_at.is_not(None),
        )
        .order_by(Visit.window_starts_at.desc())
    ).all()
    late = visit_coming.missed(work, [one for one, _ in rows])
    house = settings.get(work).zone if rows else ""
    return {
        str(one.ticket_id): Coming(
            one.window_starts_at, one.window_ends_at, one.id in late, zone or house
        )
        for one, zone in rows
        if one.window_starts_at is not None and one.window_ends_at is not None
    }


def _parties(work: Work, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = work.session.execute(
        select(SpanRow.ticket_id, SpanRow.party).where(
            SpanRow.ticket_id.in_(ids), SpanRow.to_at.is_(None)
        )
    )
    return {row.ticket_id: row.party for row in rows}
