"""Re-plannings of a day: asked for, made by a worker, accepted or undone line by line.

    run = optimise(work, day, technicians=None, budget=None)   # queued; a worker makes it
    decide_line(work, change_id, accept)    # on a carried-out run this applies or undoes the line
    apply(work, run_id, change_ids=None)    # None: every line that was not refused
    drop(work, run_id) · undo(work, run_id)

Nothing is changed before somebody (or, within the house's settings, an event of the day) applies
it, and then only what the checker still allows. A worker that dies leaves its run silent; a duty of
the sweeper has it taken up again. Not for solving (`field_service.planner`) nor for the rows of
routes (`planning_applying`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import days, permissions, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import PlanChange, PlanRun
from helpdesk.field_service.plan_events import PlanApplied, PlanAsked, PlanChanged, PlanReady
from helpdesk.workflows import planning_applying, planning_making

log = logging.getLogger(__name__)

ACTOR = system("planning")
SILENT = timedelta(seconds=90)
MOST_SILENT = timedelta(hours=1)
OPEN = ("queued", "running")
ABSENT = "There is no such re-planning."
BROKE = "The planning broke off. Try again; if it happens again, the worker's log says more."


def optimise(
    work: Work,
    day: date,
    *,
    technicians: Collection[str] | None = None,
    budget: int | None = None,
) -> PlanRun:
    """Ask for a better day; `technicians` None: all. `budget`: how many visits it may move at
    most, None: as the settings say. Another one that nobody has made yet is dropped.
    """
    permissions.require_dispatch(work)
    given = settings.get(work)
    if day not in days.ahead(seconds(work.at), given.zone, given.days_ahead):
        raise Invalid(fields={"day": "Choose today or one of the days that are booked ahead."})
    if budget is not None and not 0 <= budget <= 500:
        raise Invalid(fields={"budget": "Use a number from 0 to 500."})
    earlier = select(PlanRun).where(
        PlanRun.day == day, PlanRun.kind == "optimise", PlanRun.state.in_(("queued", "ready"))
    )
    for one in work.session.scalars(earlier.with_for_update()):
        _drop(work, one)
    event = {"technician_ids": sorted(technicians)} if technicians is not None else {}
    return start(work, day, "optimise", event, given.budget if budget is None else budget)


def start(
    work: Work, day: date, kind: str, event: Mapping[str, Any], budget: int | None
) -> PlanRun:
    """A run that waits for a worker; no permission is asked here."""
    run = PlanRun(
        id=new_id(),
        day=day,
        kind=kind,
        event=dict(event),
        state="queued",
        budget=budget,
        asked_at=work.at,
        asked_by=work.actor.label,
        touched_at=work.at,
        ended_at=None,
        engine="",
        routes={},
        figures={},
        error="",
        version=1,
    )
    work.session.add(run)
    work.session.flush()
    work.emit(PlanAsked(run_id=run.id, day=day.isoformat()))
    work.audit("plan.asked", "plan_run", run.id, day=day.isoformat(), kind=kind)
    return run


def run(event_id: str = "", run_id: str = "") -> None:
    """The worker's job. No transaction is open while it plans."""
    if event_id:
        with reading(ACTOR) as work:
            wanted = select(EventRow.facts).where(EventRow.id == event_id)
            run_id = str((work.session.scalar(wanted) or {}).get("run_id", ""))
    with begin(ACTOR) as work:
        if not _claim(work, run_id):
            return
    try:
        made = planning_making.make(run_id)
    except Exception:
        log.exception("planning %s failed", run_id)
        with begin(ACTOR) as work:
            _fail(work, run_id, BROKE)
        return
    with begin(ACTOR) as work:
        _ready(work, run_id, made)
    if made.safe:
        _mend_itself(run_id, made.safe)


def _mend_itself(run_id: str, safe: Collection[str]) -> None:
    try:
        with begin(ACTOR) as work:
            if settings.get(work).mends_itself:
                apply(work, run_id, safe)
    except Conflict as error:  # decided or dropped meanwhile, or the day moves on too fast
        log.info("planning %s stays a proposal: %s", run_id, error.message)


def call_planners() -> None:
    """A duty: runs whose worker was killed are asked for again."""
    with reading(ACTOR) as work:
        if not _silent(work):
            return
    with begin(ACTOR) as work:
        for one in _silent(work):
            if one.asked_at < work.at - MOST_SILENT:
                _fail(work, one.id, BROKE)
                continue
            one.touched_at = work.at
            one.state = "queued"
            work.emit(PlanAsked(run_id=one.id, day=one.day.isoformat()))


def get_run(work: Work, run_id: str, *, held: bool = False) -> PlanRun:
    """NotFound where there is none; whoever sees the board sees it."""
    wanted = select(PlanRun).where(PlanRun.id == run_id)
    if held:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = work.session.scalar(wanted) if is_id(run_id) else None
    if found is None or not permissions.can_see_board(work.actor):
        raise NotFound(ABSENT)
    return found


def lines_of(work: Work, run_id: str) -> Sequence[PlanChange]:
    rows = select(PlanChange).where(PlanChange.run_id == run_id).order_by(PlanChange.position)
    return work.session.scalars(rows).all()


def decide_line(work: Work, change_id: str, accept: bool) -> PlanChange:
    """Mark a line of a proposal; of a run that was carried out, apply the line or undo it."""
    permissions.require_dispatch(work)
    line = work.session.get(PlanChange, change_id) if is_id(change_id) else None
    if line is None:
        raise NotFound("There is no such change.")
    run_row = get_run(work, line.run_id, held=True)
    work.session.refresh(line)
    _must_be(run_row, "ready", "applied")
    if line.applied_at is not None:
        if not accept:
            _carry_out(work, run_row, [line], back=True)
        return line
    if line.state in ("stale", "undone"):
        raise Conflict(line.refusal or "This change was taken back.", code="stale")
    if run_row.state == "applied" and accept:
        _carry_out(work, run_row, [line])
        return line
    line.state = "accepted" if accept else "refused"
    line.decided_at, line.decided_by = work.at, work.actor.label
    _settle(work, run_row)
    work.emit(PlanChanged(run_id=run_row.id, day=run_row.day.isoformat()))
    return line


def apply(work: Work, run_id: str, change_ids: Collection[str] | None = None) -> PlanRun:
    """Carry out these lines, or all that were not refused. Lines that no longer fit turn stale and
    say why; Conflict (`nothing_fits`) where none could be carried out.
    """
    permissions.require_dispatch(work)
    found = get_run(work, run_id, held=True)
    _must_be(found, "ready", "applied")
    lines = [
        one
        for one in lines_of(work, run_id)
        if one.applied_at is None
        and one.state in ("proposed", "accepted")
        and (change_ids is None or one.id in change_ids)
    ]
    if not lines:
        raise Conflict("Nothing is left to apply here.", code="nothing_left")
    _carry_out(work, found, lines)
    return found


def drop(work: Work, run_id: str) -> PlanRun:
    """Nobody wants the proposal; what was carried out of it stays."""
    permissions.require_dispatch(work)
    found = get_run(work, run_id, held=True)
    _must_be(found, "queued", "running", "ready", "failed")
    _drop(work, found)
    return found


def undo(work: Work, run_id: str) -> PlanRun:
    """Put back what was carried out, as far as it can be; lines that can't say why they stay."""
    permissions.require_dispatch(work)
    found = get_run(work, run_id, held=True)
    lines = [one for one in lines_of(work, run_id) if one.applied_at is not None]
    lines = [one for one in lines if one.state == "accepted"]
    if not lines:
        raise Conflict("Nothing of this was carried out.", code="nothing_left")
    _carry_out(work, found, lines, back=True)
    return found


def _carry_out(
    work: Work, run_row: PlanRun, lines: Sequence[PlanChange], *, back: bool = False
) -> None:
    outcome = planning_applying.carry_out(work, run_row.day, lines, back=back)
    done = {one.id for one in outcome.done}
    for line in lines:
        line.decided_at, line.decided_by = work.at, work.actor.label
        if line.id in done:
            line.state, line.refusal = ("undone", "") if back else ("accepted", "")
            line.applied_at = None if back else work.at
        else:
            line.refusal = outcome.stale.get(line.id, "")
            if not back:
                line.state = "stale"
    work.session.flush()
    _settle(work, run_row, back=back and bool(done))
    done_lines = [one for one in lines if one.id in done]
    _tell(work, run_row, done_lines, back)
    work.audit(
        "plan.undone" if back else "plan.applied",
        "plan_run",
        run_row.id,
        day=run_row.day.isoformat(),
        visits=[one.visit_id for one in done_lines][:50],
        left=len(outcome.stale),
    )


def _tell(work: Work, run_row: PlanRun, done: Sequence[PlanChange], back: bool) -> None:
    left = sum(one.state == "proposed" for one in lines_of(work, run_row.id))
    work.emit(
        PlanApplied(
            run_id=run_row.id,
            day=run_row.day.isoformat(),
            visits=[one.visit_id for one in done],
            warn=[one.visit_id for one in done if one.warn],
            left=left,
            back=back,
            by_itself=work.actor == ACTOR,
            why=str(run_row.event.get("words", ""))[:200],
        )
    )


def _settle(work: Work, run_row: PlanRun, *, back: bool = False) -> None:
    """The run's state follows from its lines'."""
    lines = lines_of(work, run_row.id)
    applied = any(one.applied_at is not None for one in lines)
    open_ones = any(
        one.state == "proposed" or (one.state == "accepted" and one.applied_at is None)
        for one in lines
    )
    if open_ones:
        run_row.state = "ready"
    elif applied:
        run_row.state = "applied"
    else:
        run_row.state = "undone" if back or run_row.state == "applied" else "dropped"
    run_row.version += 1
    work.session.flush()


def _replace(work: Work, newer: PlanRun) -> None:
    """What an earlier repair still proposed stands in the newer one, as far as it is needed."""
    rows = select(PlanRun).where(
        PlanRun.day == newer.day,
        PlanRun.kind == "repair",
        PlanRun.state == "ready",
        PlanRun.id != newer.id,
    )
    for one in work.session.scalars(rows.with_for_update()).all():
        _drop(work, one)


def _drop(work: Work, run_row: PlanRun) -> None:
    applied = False
    for line in lines_of(work, run_row.id):
        applied = applied or line.applied_at is not None
        if line.applied_at is None and line.state in ("proposed", "accepted"):
            line.state, line.decided_at, line.decided_by = "refused", work.at, work.actor.label
    run_row.state = "applied" if applied else "dropped"
    run_row.ended_at = run_row.ended_at or work.at
    run_row.version += 1
    work.session.flush()
    work.emit(PlanChanged(run_id=run_row.id, day=run_row.day.isoformat()))
    work.audit("plan.dropped", "plan_run", run_row.id, day=run_row.day.isoformat())


def _must_be(run_row: PlanRun, *states: str) -> None:
    if run_row.state not in states:
        words = {"queued": "is not made yet", "running": "is not made yet"}
        told = words.get(run_row.state, f"is {run_row.state}")
        raise Conflict(f"This re-planning {told}.", code="no_such_step")


def _claim(work: Work, run_id: str) -> bool:
    """True for one worker; for a second one when the first has fallen silent."""
    silent = work.at - SILENT
    claimed = work.session.execute(
        update(PlanRun)
        .where(
            PlanRun.id == run_id,
            or_(
                PlanRun.state == "queued",
                (PlanRun.state == "running") & (PlanRun.touched_at < silent),
            ),
        )
        .values(state="running", touched_at=work.at)
        .returning(PlanRun.id)
    )
    return bool(claimed.all())


def _silent(work: Work) -> Sequence[PlanRun]:
    rows = select(PlanRun).where(PlanRun.state.in_(OPEN), PlanRun.touched_at < work.at - SILENT)
    return work.session.scalars(rows.order_by(PlanRun.touched_at).limit(20)).all()


def _fail(work: Work, run_id: str, words: str) -> None:
    found = get_run(work, run_id, held=True)
    if found.state not in OPEN:
        return
    found.state, found.error, found.ended_at = "failed", words[:300], work.at
    found.version += 1
    work.emit(PlanReady(run_id=run_id, day=found.day.isoformat(), state="failed", why=words))


def _ready(work: Work, run_id: str, made: planning_making.Made) -> None:
    found = get_run(work, run_id, held=True)
    if found.state != "running":
        return  # dropped meanwhile, or made by another worker
    if found.kind == "repair":
        _replace(work, found)
    for place, values in enumerate(made.lines):
        work.session.add(PlanChange(run_id=run_id, position=place, state="proposed", **values))
    found.routes, found.figures, found.engine = made.routes, made.figures, made.engine
    found.ended_at = work.at
    found.state = "ready" if made.lines else "dropped"
    found.error = "" if made.lines else made.words
    found.version += 1
    work.session.flush()
    work.emit(
        PlanReady(
            run_id=run_id,
            day=found.day.isoformat(),
            state=found.state,
            lines=len(made.lines),
            why=str(found.event.get("words", ""))[:200],
        )
    )
