"""Rows of routes: a technician's day, whose version is what settles who comes first.

`advance` is the compare-and-set of everybody who has planned; `touch` is for changes that nobody
planned for (a visit was cancelled, somebody arrived): whoever plans with the state before loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update

from helpdesk.core.errors import Conflict
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service.events import RouteChanged
from helpdesk.field_service.models import Route

CHANGED = "routes_changed"  # in a session's info: it holds versions that may be given back


class PlanMoved(Conflict):
    """Somebody changed the same day meanwhile."""

    code = "plan_moved"

    def __init__(self) -> None:
        super().__init__("The plan of that day changed meanwhile. Look again and repeat.")


def find(work: Work, technician_id: str, day: date) -> Route | None:
    return work.session.scalar(
        select(Route).where(Route.technician_id == technician_id, Route.day == day)
    )


def advance(work: Work, technician_id: str, day: date, version: int) -> str:
    """Move the route on from `version` (0: there was none); its id. PlanMoved where it was not."""
    work.session.info[CHANGED] = True
    if version == 0:
        made = Route(
            id=new_id(),
            technician_id=technician_id,
            day=day,
            version=1,
            is_locked=False,
            changed_at=work.at,
        )
        if not work.put_if_absent(made):
            raise PlanMoved
        _tell(work, made.id, technician_id, day, 1)
        return made.id
    moved = work.session.execute(
        update(Route)
        .where(Route.technician_id == technician_id, Route.day == day, Route.version == version)
        .values(version=Route.version + 1, changed_at=work.at)
        .returning(Route.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if moved is None:
        raise PlanMoved
    work.told(Route, moved, version=version + 1, changed_at=work.at)
    _tell(work, moved, technician_id, day, version + 1)
    return moved


def touch(work: Work, route_id: str) -> None:
    """The route is another one now, whatever anybody has planned with."""
    work.session.info[CHANGED] = True
    row = work.session.execute(
        update(Route)
        .where(Route.id == route_id)
        .values(version=Route.version + 1, changed_at=work.at)
        .returning(Route.technician_id, Route.day, Route.version)
        .execution_options(synchronize_session=False)
    ).one()
    work.told(Route, route_id, version=row.version, changed_at=work.at)
    _tell(work, route_id, row.technician_id, row.day, row.version)


def ids_without(
    work: Work, route_ids: Sequence[str], keeping: Sequence[tuple[str, date]]
) -> set[str]:
    """Of these routes, those of no technician and day in `keeping`."""
    rows = work.session.execute(
        select(Route.id, Route.technician_id, Route.day).where(Route.id.in_(list(route_ids)))
    )
    return {row.id for row in rows if (row.technician_id, row.day) not in set(keeping)}


def _tell(work: Work, route_id: str, technician_id: str, day: date, version: int) -> None:
    work.emit(
        RouteChanged(
            route_id=route_id, technician_id=technician_id, day=day.isoformat(), version=version
        )
    )
