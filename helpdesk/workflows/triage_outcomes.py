"""What came of suggestions: taken, dismissed, undone, and whether people left it so.

Everything is judged by what stands on the ticket when people have dealt with it. From that the
thresholds are looked at anew each week, and a field whose acting no longer pays is stopped at once
and administrators are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Emitted, Work, begin
from helpdesk.identity.models import User
from helpdesk.notices import service as notices
from helpdesk.tickets.models import Ticket
from helpdesk.triage import drift, queries, service, setup, thresholds
from helpdesk.triage.models import TriageSuggestion
from helpdesk.triage.thresholds import Point
from helpdesk.workflows import cases_line

TRIAGE = system("triage")
LOOKED_BACK = timedelta(days=56)
DRIFT_DAYS = timedelta(days=28)
ENOUGH = 100
"""So many judged suggestions say more about a threshold than the training does."""
NAMES = {"queue_id": "queues", "type": "types", "priority": "priorities", "tags": "tags"}
WHYS = {
    "losing": "what it did lately was wrong so often that it cost more than it gained",
    "overconfident": "it was right clearly less often than it said",
    "too_often_wrong": "no threshold is right often enough any more",
    "too_few": "the new model knows too little about it",
    "not_sure": "it is no longer sure that acting pays",
    "not_worth": "with the new model the chosen threshold would not pay",
}


def settle(work: Work, ticket_id: str, suggestion_id: str, what: str) -> None:
    """A person takes, dismisses or undoes a suggestion on a ticket that they see."""
    held = cases_line.hold(work, ticket_id)
    row = queries.get_suggestion(work, held.ticket.id, suggestion_id)
    if row.state != ("acted" if what == "undo" else "open"):
        raise Conflict("Somebody was faster: this suggestion is settled.", code="settled")
    service.settle(work, row, {"take": "taken", "dismiss": "dismissed", "undo": "undone"}[what])
    if what == "take":
        _set(work, held.ticket, row, row.value, {"why": "suggested by triage"})
    elif what == "undo":
        _set(work, held.ticket, row, row.was, {"why": "undid what triage did"})


def hear(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction: people changed, answered or resolved tickets on which something was suggested."""
    told: dict[str, list[Emitted]] = {}
    for one in emitted:
        if one.actor != TRIAGE.label and _says_something(one):
            told.setdefault(getattr(one.event, "ticket_id"), []).append(one)  # noqa: B009
    if not told:
        return
    rows = queries.unjudged(work, told)
    wanted = {row.ticket_id for row in rows}
    tickets = {
        ticket.id: ticket
        for ticket in work.session.scalars(select(Ticket).where(Ticket.id.in_(wanted)))
    }
    acted_wrong = set()
    for row in rows:
        ticket = tickets.get(row.ticket_id)
        right = None if ticket is None else _outcome(row, ticket, told[row.ticket_id])
        if right is not None:
            service.judge(work, row, right)
            if row.state == "acted" and not right:
                acted_wrong.add(row.field)
    for field in sorted(acted_wrong):
        stop_where_it_loses(work, field)


def look_weekly() -> None:
    """A job of the schedule: thresholds by what really came, and drift."""
    with begin(TRIAGE) as work:
        model = queries.ready_model(work)
        if model is None:
            return
        for field in model.figures:
            found = queries.outcomes(work, field, since=work.at - LOOKED_BACK, acted_only=False)
            if len(found) >= ENOUGH:
                choice = thresholds.choose([Point(sure, right) for sure, right in found])
                setup.recommend(work, field, choice.threshold, choice.why)
            stop_where_it_loses(work, field)


def forget_old() -> None:
    with begin(TRIAGE) as work:
        service.forget_old(work)


def stop_where_it_loses(work: Work, field: str) -> None:
    since = work.at - DRIFT_DAYS
    found = queries.outcomes(work, field, since=since, acted_only=True, most=drift.LOOKED_AT)
    why = drift.look(found)
    if why:
        setup.stop(work, field, why)


def tell_admins(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction: triage has stopped acting on a field; whoever can switch it on again is told."""
    admins = work.session.scalars(
        select(User.id).where(User.role == "admin", User.is_active).order_by(User.id)
    ).all()
    for one in emitted:
        facts: Mapping[str, Any] = one.event.facts()
        about = NAMES.get(facts["field"], facts["field"])
        notices.give(
            work,
            admins,
            kind="triage",
            title=f"Triage no longer sets {about} by itself",
            text=f"It was stopped because {WHYS.get(facts['why'], 'it no longer pays')}. "
            "It goes on suggesting.",
        )


def _says_something(one: Emitted) -> bool:
    facts = one.event.facts()
    if one.event.kind == "ticket.replied":
        return bool(facts["public"]) and str(facts["author"]).startswith("agent:")
    return one.event.kind in ("ticket.changed", "ticket.resolved")


def _outcome(row: TriageSuggestion, ticket: Ticket, told: Sequence[Emitted]) -> bool | None:
    """Whether it was right, as far as that shows now."""
    now = ticket.tags if row.field == "tags" else [getattr(ticket, row.field)]
    stands = row.value in now
    kinds = {one.event.kind for one in told}
    if "ticket.resolved" in kinds:
        return stands
    changed = any(
        row.field in one.event.facts()["changes"]
        for one in told
        if one.event.kind == "ticket.changed"
    )
    if changed and not (row.field == "tags" and not stands and row.state != "acted"):
        return stands
    if "ticket.replied" in kinds and row.state == "acted":
        return stands
    return None


def _set(
    work: Work, ticket: Ticket, row: TriageSuggestion, value: str | None, why: dict[str, str]
) -> None:
    if row.field != "tags":
        cases_line.change(work, ticket.id, {row.field: value}, details=why)
        return
    others = [tag for tag in ticket.tags if tag != row.value]
    wanted = [*others, value] if value is not None else others
    cases_line.change(work, ticket.id, {"tags": wanted}, details=why)
