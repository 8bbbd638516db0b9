"""Who is told when a day's plan is in trouble: supervisors, who can do something about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.work import Emitted, Work
from helpdesk.field_service import settings
from helpdesk.field_service.events import VisitAtRisk
from helpdesk.field_service.models import PlanRun, Visit
from helpdesk.field_service.plan_events import PlanApplied, PlanReady
from helpdesk.notices import service as notices
from helpdesk.workflows import complaining

MOST_NAMED = 5


def tell(work: Work, emitted: Emitted) -> None:
    """Give the notices that this event asks for, if any."""
    event: Any = emitted.event
    if isinstance(event, VisitAtRisk):
        _give(
            work,
            emitted,
            f"V-{event.number} will probably be late",
            f"Expected at {_clock(work, event.eta)}, promised until "
            f"{_clock(work, event.window[1] if event.window else None)}.",
            event.ticket_id,
        )
    elif isinstance(event, PlanApplied) and not event.back:
        _applied(work, emitted, event)
    elif isinstance(event, PlanReady) and event.why and event.state == "ready":
        run = work.session.get(PlanRun, event.run_id)
        if run is not None and run.kind == "repair" and run.state == "ready":
            count = "One change waits" if event.lines == 1 else f"{event.lines} changes wait"
            _give(work, emitted, f"{count} for your decision", f"{event.why}.", None)


def _applied(work: Work, emitted: Emitted, event: PlanApplied) -> None:
    if event.warn:
        title = "Warn a customer" if len(event.warn) == 1 else f"Warn {len(event.warn)} customers"
        _give(
            work,
            emitted,
            f"{title}: the plan has changed",
            f"{_numbers(work, event.warn)}. {event.why}",
            _ticket(work, event.warn[0]),
        )
    elif event.by_itself:
        moved = "One visit was" if len(event.visits) == 1 else f"{len(event.visits)} visits were"
        _give(
            work,
            emitted,
            f"{moved} planned anew",
            f"{event.why}. Every promised window is kept.".removeprefix(". "),
            None,
        )


def _give(work: Work, emitted: Emitted, title: str, text: str, ticket_id: str | None) -> None:
    who = [one for one in complaining.holders(work, "") if emitted.actor != f"user:{one}"]
    if not who:  # whoever did it is the only one there
        who = list(complaining.holders(work, ""))
    notices.give(work, who, kind="visit", title=title, text=text, ticket_id=ticket_id)


def _numbers(work: Work, visit_ids: list[str]) -> str:
    rows = select(Visit.number).where(Visit.id.in_(visit_ids)).order_by(Visit.number)
    numbers = [f"V-{one}" for one in work.session.scalars(rows)]
    more = len(numbers) - MOST_NAMED
    return ", ".join(numbers[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _ticket(work: Work, visit_id: str) -> str | None:
    return work.session.scalar(select(Visit.ticket_id).where(Visit.id == visit_id))


def _clock(work: Work, at: str | None) -> str:
    if at is None:
        return "an unknown time"
    local = datetime.fromisoformat(at).astimezone(ZoneInfo(settings.get(work).zone))
    return f"{local:%H:%M}"
