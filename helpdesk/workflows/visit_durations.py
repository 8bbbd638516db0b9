"""How long visits take: learned each night from finished ones, asked by whoever makes one.

    p50, p80 = expected(work, type_id, technician_id=None)      # seconds

Visits that are planned already keep the durations they were planned with. Not for the arithmetic
(`field_service.durations`).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from helpdesk.core.actors import system
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service.durations import Duration, Finished, Learned, learned
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.models_crew import VisitDuration, VisitType

ACTOR = system("durations")
LEARNED_FROM = timedelta(days=365)
MOST = 50_000
ENOUGH = 5  # finished visits, before what was learned of somebody counts
ANYBODY = ""


def expected(work: Work, type_id: str, technician_id: str | None = None) -> tuple[int, int]:
    """p50 and p80 in seconds: that technician's, else anybody's, else as it was stated."""
    for whose in (technician_id, ANYBODY):
        if whose is None:
            continue
        row = work.session.get(VisitDuration, (type_id, whose))
        if row is not None and row.count >= ENOUGH:
            return row.p50_s, max(row.p50_s, row.p80_s)
    kind = work.session.get(VisitType, type_id)
    if kind is None:
        raise NotFound("There is no such kind of visit.")
    return kind.duration_p50_s, max(kind.duration_p50_s, kind.duration_p80_s)


def learn() -> None:
    """A job of the night: from the visits of a year."""
    with reading(ACTOR) as work:
        told = learned(_finished(work), _stated(work))
    with begin(ACTOR) as work:
        _keep(work, told)


def _finished(work: Work) -> list[Finished]:
    """Time on site of visits that ended as they should; a visit of a crew counts for its leader."""
    rows = work.session.execute(
        select(
            Visit.visit_type_id, RouteStop.technician_id, Visit.arrived_at, Visit.finished_at
        )
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .where(
            Visit.state == "done",
            Visit.arrived_at.is_not(None),
            Visit.finished_at.is_not(None),
            Visit.created_at >= work.at - LEARNED_FROM,
            RouteStop.is_lead.is_(True),
        )
        .order_by(Visit.created_at.desc(), Visit.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [
        Finished(kind, who, int((finished - arrived).total_seconds()))
        for kind, who, arrived, finished in rows
        if arrived is not None and finished is not None
    ]


def _stated(work: Work) -> dict[str, Duration]:
    rows = select(VisitType.id, VisitType.duration_p50_s, VisitType.duration_p80_s)
    return {key: Duration(p50, max(p50, p80)) for key, p50, p80 in work.session.execute(rows)}


def _keep(work: Work, told: Learned) -> None:
    """What was learned replaces what was learned before."""
    work.session.execute(delete(VisitDuration))
    found = {(kind, ANYBODY): one for kind, one in told.types.items()} | dict(told.people)
    for (kind, whose), one in sorted(found.items()):
        if kind in told.stated:
            work.insert(
                VisitDuration,
                visit_type_id=kind,
                technician_id=whose,
                count=one.seen,
                p50_s=one.p50_s,
                p80_s=one.p80_s,
                learned_at=work.at,
            )
