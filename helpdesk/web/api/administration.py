"""For administrators' programs: rules on and off, how imports stand, deadlines worked out anew.

What a rule says and what an import takes over is set up on screen, where both can be tried out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from helpdesk.clocks import recompute
from helpdesk.clocks.models import RecomputeRun
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.imports import queries as imports
from helpdesk.rules import queries as rules
from helpdesk.rules import service
from helpdesk.rules.models import RuleRow
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.shapes import Listed, Paged, View, listed, page_of_few
from helpdesk.web.bodies import Body


class RuleView(View):
    """A rule; `says` holds its triggers or timer, conditions and actions.

    `fired_in_a_week`: how often it acted in the last seven days.
    """

    id: str
    name: str
    position: int
    active: bool
    says: dict[str, Any]
    fired_in_a_week: int
    version: int


class Switch(Body, frozen=True):
    active: bool


class ImportView(View):
    """A file that was handed in. `counts` {kind: {outcome: how many}}."""

    id: str
    format: str
    origin: str
    file_name: str
    state: Literal["new", "waiting", "staging", "running", "done", "stopped", "failed"]
    trial: bool
    rows: int
    rows_done: int
    counts: dict[str, Any]
    problems: int
    trouble: str
    created_at: datetime
    ended_at: datetime | None


class RecomputeView(View):
    """Open deadlines worked out anew: how far it is."""

    id: str
    state: Literal["running", "done", "superseded"]
    why: str
    total: int
    done: int
    changed: int
    started_at: datetime
    finished_at: datetime | None


@operation("GET", "/rules", who=ADMIN, query=Paged, gives=Listed[RuleView])
def list_rules(work: Work, query: Paged) -> Listed[RuleView]:
    """List the rules in the order in which they are looked at."""
    page = page_of_few(rules.list_rules(work), query, lambda row: (f"{row.position:09}", row.id))
    fired = rules.fired_in_a_week(work)
    return listed(page, [_rule(row, fired) for row in page.items])


@operation("POST", "/rules/<id:rule_id>/switch", who=ADMIN, body=Switch, gives=RuleView)
def switch_rule(work: Work, rule_id: str, body: Switch) -> RuleView:
    """Switch a rule on or off.

    A time rule that is switched on looks at what comes from then on.
    """
    row = service.switch(work, rule_id, body.active)
    work.session.flush()
    return _rule(row, rules.fired_in_a_week(work))


@operation("GET", "/imports", who=ADMIN, gives=Listed[ImportView])
def list_imports(work: Work) -> Listed[ImportView]:
    """List the last fifty imports, the newest first."""
    found = [
        ImportView(
            id=row.id,
            format=row.format,
            origin=row.origin,
            file_name=row.file_name,
            state=row.state,  # type: ignore[arg-type]
            trial=row.is_trial,
            rows=row.rows,
            rows_done=row.rows_done,
            counts=row.counts,
            problems=row.problems,
            trouble=row.trouble,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )
        for row in imports.newest(work)
    ]
    return listed(Page(found, None), found)


@operation("POST", "/deadlines/recompute", who=ADMIN, gives=RecomputeView, status=202)
def recompute_deadlines(work: Work) -> RecomputeView:
    """Work out every open deadline anew.

    A worker does it; nothing that was booked changes. One that is under way is superseded.
    """
    recompute.start(work, "a program of an administrator asked for it")
    work.audit("sla.recomputed", "sla_policy")
    work.session.flush()
    return get_recompute(work)


@operation("GET", "/deadlines/recompute", who=ADMIN, gives=RecomputeView)
def get_recompute(work: Work) -> RecomputeView:
    """Look how far the newest recomputation is; 404 when there was none."""
    row: RecomputeRun | None = recompute.latest(work)
    if row is None:
        raise NotFound()
    return RecomputeView(
        id=row.id,
        state=row.state,  # type: ignore[arg-type]
        why=row.why,
        total=row.total,
        done=row.done,
        changed=row.changed,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _rule(row: RuleRow, fired: dict[str, int]) -> RuleView:
    return RuleView(
        id=row.id,
        name=row.name,
        position=row.position,
        active=row.is_active,
        says=row.content,
        fired_in_a_week=fired.get(row.id, 0),
        version=row.version,
    )
