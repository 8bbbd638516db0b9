"""Making a re-planning: read, let a process solve it or repair it here, check, tell it in lines.

The database is read in one short look and closed; a routing server is asked, a child process
thinks, and only then does `planning_runs` write the proposal down. What the child answers is put
into our own values and judged by the plan checker; an answer that breaks a rule is thrown away.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, reading
from helpdesk.field_service import checking, plan_json, plan_lines, settings
from helpdesk.field_service.models import PlanRun
from helpdesk.field_service.plan import Plan
from helpdesk.field_service.plan_lines import Names, Shown
from helpdesk.identity import queries as identity
from helpdesk.workflows import visit_travel

if TYPE_CHECKING:
    from helpdesk.field_service.day_plan import DayPlan

log = logging.getLogger(__name__)

ACTOR = system("planning")
SOLVE_S = 8.0
PATIENCE_S = 90.0  # on a machine that is busy
BEST = "Nothing could be made better within these rules."
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(slots=True)
class Made:
    """`lines` as columns of plan_change; `safe` are those that touch no promise."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    routes: dict[str, int] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    engine: str = ""
    safe: list[str] = field(default_factory=list)
    words: str = BEST


def make(run_id: str) -> Made:
    """The proposal of a run, not written yet; nothing may be open."""
    with reading(ACTOR) as work:
        run = work.session.get_one(PlanRun, run_id)
        now = _read(work, run)
    if visit_travel.ask_about(now.places()) == "":
        with reading(ACTOR) as work:
            now = _read(work, run)
    target, engine = _mended(now, run) if run.kind == "repair" else _solved(now, run.budget)
    if not _stands(target, now):
        target = now.plan
    with reading(ACTOR) as work:
        return _told(work, run, now, target, engine)


def _mended(now: DayPlan, run: PlanRun) -> tuple[Plan, str]:
    from helpdesk.field_service import mending  # noqa: PLC0415  only who plans loads numpy

    made = mending.mend(now, urgent=run.event.get("urgent", ()), why=run.event.get("what", ""))
    return made.plan, "own"


def _read(work: Work, run: PlanRun) -> DayPlan:
    from helpdesk.field_service import day_plan  # noqa: PLC0415  only who plans loads numpy

    return day_plan.read(
        work,
        run.day,
        technicians=run.event.get("technician_ids") if run.kind == "optimise" else None,
        also=run.event.get("visits", ()),
    )


def _solved(now: DayPlan, budget: int | None) -> tuple[Plan, str]:
    from helpdesk.field_service import mending  # noqa: PLC0415  only who plans loads numpy

    order = {
        "plan": plan_json.to_json(mending.drivable(now), now.travel),
        "seconds": SOLVE_S,
        "budget": budget,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "helpdesk.field_service.planner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env={**ENVIRONMENT, "PATH": os.environ.get("PATH", "")},
        text=True,
    )
    try:
        said, _ = process.communicate(json.dumps(order), timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"the planner ended with {process.returncode}")
    answer = json.loads(said)
    return plan_json.with_routes(now.plan, answer["routes"]), str(answer["engine"])[:20]


def _stands(target: Plan, now: DayPlan) -> bool:
    """Whether the answer breaks no more than is broken already; openly late visits are no fault."""
    jobs = target.jobs()
    late = {key for key, job in now.plan.jobs().items() if job.promised and not jobs[key].promised}
    old = Counter(one.kind for one in checking.faults(now.plan, now.travel))
    found = checking.faults(target, now.travel, now.plan)
    new = Counter(one.kind for one in found if one.job_id not in late)
    if new - old:
        log.warning("an answer was thrown away: %s", dict(new - old))
    return not new - old


def _told(work: Work, run: PlanRun, now: DayPlan, target: Plan, engine: str) -> Made:
    found = plan_lines.shown(now.plan, target, now.travel, now.who)
    names = _names(work, found)
    drives = [plan_lines.drives(one, now.travel) for one in (now.plan, target)]
    lines = [_line(one, names, drives[0], drives[1]) for one in found]
    both = now.plan, target
    # A repair is wanted within a blink; a day that is optimised can wait for the simulation.
    risks = [None, None] if run.kind == "repair" else _at_risk(now, both)
    figures = {
        "before": plan_lines.figures(now.plan, now.travel, at_risk=risks[0]),
        "after": plan_lines.figures(target, now.travel, at_risk=risks[1]),
        "travel_source": now.travel.source,
    }
    urgent = run.event.get("urgent", ())
    safe = [
        row["id"]
        for row, one in zip(lines, found, strict=True)
        if one.is_safe or (one.job.id in urgent and not one.breaks)
    ]
    moved = sum(one.moves for one in found)
    if run.kind != "repair" or moved > settings.get(work).budget:
        safe = []  # so much is for a person to say
    return Made(lines, dict(now.versions), figures, engine, safe)


def _at_risk(now: DayPlan, plans: Sequence[Plan]) -> list[int | None]:
    return [plan_lines.at_risk(one, now.travel) for one in plans]


def _line(
    one: Shown, names: Names, was: Mapping[str, int], will: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "visit_id": one.job.id,
        "before": plan_lines.before_json(one, was),
        "after": plan_lines.after_json(one, will),
        "why": plan_lines.why(one, names)[:200],
        "warn": one.warns,
        "refusal": "",
        "applied_at": None,
        "decided_at": None,
        "decided_by": "",
    }


def _names(work: Work, lines: Sequence[Shown]) -> Names:
    ids = {t for one in lines for t in one.lost}
    spots = [spot for one in lines for spot in (one.line.before, one.line.after) if spot]
    ids |= {technician for spot in spots for technician in spot.technicians}
    known = identity.names(work, sorted(ids))

    def names(who: Collection[str]) -> str:
        return " and ".join(known.get(one, "somebody") for one in who)

    return names
