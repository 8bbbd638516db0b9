"""What a dispatcher does to the plan: place, take out, lock, change, split, and take back.

Each is settled by the versions that the dispatcher saw: a change that somebody else made meanwhile
is told, never overwritten. A promise is never broken in passing: `PromiseBreaks` asks first. How a
change is checked and written is in `dispatch_settling`. Not for finding places (`slots`), nor for
re-planning whole days.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import update

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.field_service import (
    checking,
    crew_days,
    days,
    permissions,
    routes,
    service,
    settings,
)
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import Route as RouteRow
from helpdesk.field_service.models import Visit
from helpdesk.workflows import dispatch_book, dispatch_words, visit_course
from helpdesk.workflows.dispatch_settling import (
    begin_change,
    linked,
    require_unlocked,
    settle,
    standing,
)
from helpdesk.workflows.dispatch_values import (
    Before,
    Done,
    PromiseBreaks,
    Spot,
    Versions,
    instant,
    window_of,
)

__all__ = ["Before", "Done", "PromiseBreaks", "Spot"]

SHORTEST, LONGEST = 5 * 60, 12 * 3600


def place(
    work: Work,
    visit_id: str,
    spot: Spot,
    *,
    versions: Versions,
    promise: Literal["keep", "move"] = "keep",
) -> Done:
    """Put a visit there, from wherever it stands or from none.

    Conflict: `plan_moved`, `promise_breaks` (repeat with promise "move" to promise another
    window), `does_not_fit` with the reason, `locked`, `no_such_step`.
    """
    change = begin_change(work, visit_id, versions, spot.day)
    return settle(change, spot, promise)


def unplan(work: Work, visit_id: str, *, versions: Versions) -> Done:
    """Back to the list. What was promised stays promised until somebody plans it or says no."""
    change = begin_change(work, visit_id, versions, None)
    if change.stood is None:
        raise Conflict("This visit stands in no row.", code="no_such_step")
    require_unlocked(change, change.stood.technician_ids, change.stood.day)
    if _locks(change.visit):
        raise Conflict("This visit is locked. Unlock it first.", code="locked")
    return settle(change, None, "keep")


def undo(work: Work, before: Before) -> Done:
    """Take a change back, as long as nobody has changed those rows since."""
    first = before.spot.day if before.spot else None
    change = begin_change(work, before.visit_id, before.versions, first)
    change.starts, change.is_lenient = before.starts, True
    done = settle(
        change, before.spot, "keep" if window_of(change.visit) == before.window else "back"
    )
    if before.window is not None and window_of(change.visit) != before.window and before.spot:
        starts, ends = (instant(work, at) for at in before.window)
        visit_course.promise(work, change.visit, starts, ends, reason="taken back")
    return done


def lock(
    work: Work,
    visit_id: str,
    *,
    technician_id: str | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
) -> Done:
    """Fix its technician, its time or the range in which it starts; all None: nothing is fixed."""
    permissions.require_dispatch(work)
    visit = visit_course.hold(work, visit_id)
    if from_at is not None and to_at is not None and to_at < from_at:
        raise Invalid(fields={"to_at": "The range must end after it begins."})
    if visit.state not in ("waiting", "booked"):
        raise service.no_such_step(visit, "be locked")
    given = {"lock_technician_id": technician_id, "lock_from": from_at, "lock_to": to_at}
    service.change(work, visit, given)
    return _after(work, visit)


def lock_day(work: Work, technician_id: str, day: date, locked: bool) -> Done:
    """Nothing moves in that row until it is unlocked."""
    permissions.require_dispatch(work)
    row = routes.find(work, technician_id, day)
    if row is None:
        _require_technician(work, technician_id)
        route_id = routes.advance(work, technician_id, day, 0)
    else:
        route_id = row.id
        routes.touch(work, route_id)
    work.session.execute(
        update(RouteRow)
        .where(RouteRow.id == route_id)
        .values(is_locked=locked)
        .execution_options(synchronize_session="fetch")
    )
    work.audit("route.locked" if locked else "route.unlocked", "route", route_id, day=str(day))
    return Done("", (technician_id,))


def change(
    work: Work, visit_id: str, *, duration_s: int, note: str, version: int | None = None
) -> Done:
    """How long it takes and what the technician has to know; the row is timed anew."""
    permissions.require_dispatch(work)
    if not SHORTEST <= duration_s <= LONGEST:
        raise Invalid(fields={"duration_min": "Use 5 minutes to 12 hours."})
    visit = visit_course.hold(work, visit_id, version)
    stretch = max(duration_s, duration_s + visit.duration_p80_s - visit.duration_s)
    given: dict[str, Any] = {"note": note.strip()[: service.LONGEST_NOTE]}
    if visit.state not in ("done", "no_access", "cancelled"):
        given |= {"duration_s": duration_s, "duration_p80_s": stretch}
    is_longer = given.get("duration_s", visit.duration_s) != visit.duration_s
    service.change(work, visit, given)
    if not is_longer or visit.state != "booked":
        return _after(work, visit)
    again = begin_change(work, visit_id, {}, None)
    again.is_lenient = True
    return settle(again, again.stood, "keep", can_be_undone=False)


def split(work: Work, visit_id: str, keep_id: str) -> Done:
    """One of a crew goes alone; the others are free."""
    change = begin_change(work, visit_id, {}, None)
    if change.stood is None or len(change.stood.technician_ids) < 2:
        raise Conflict("Only one goes there already.", code="no_such_step")
    if keep_id not in change.stood.technician_ids:
        raise Invalid(fields={"keep_id": "Choose one of the crew."})
    service.change(work, change.visit, {"crew": 1})
    again = begin_change(work, visit_id, {}, None)
    spot = Spot((keep_id,), change.stood.day, change.stood.at)
    done = settle(again, spot, "keep", can_be_undone=False)
    return Done(visit_id, tuple(sorted({*done.technician_ids, *change.stood.technician_ids})))


def faults(
    work: Work, shown: Collection[date], only: Collection[str] | None = None
) -> list[dispatch_words.Told]:
    """What is wrong with the rows of these days as they stand, in words: the checker's faults, and
    visits that stand where their technician does not work.
    """
    zone = settings.get(work).zone
    now = dispatch_book.look(work, max(shown, default=None))
    wanted = {one.isoformat() for one in shown}
    keys = {
        key
        for key in now.board.plan.routes.keys() | now.stops.keys()
        if key.partition("/")[2] in wanted and (only is None or key.partition("/")[0] in only)
    }
    plan = standing(now, linked(now.board.plan, keys), {})
    found = checking.faults(plan, now.board.travel)
    told = dispatch_words.in_words(work, plan, found, zone)
    return [*told, *dispatch_words.off_duty(work, now, keys)]


def _after(work: Work, visit: Visit) -> Done:
    return Done(visit.id, tuple(one.technician_id for one in service.stops_of(work, visit.id)))


def _locks(visit: Visit) -> bool:
    return any((visit.lock_technician_id, visit.lock_from, visit.lock_to))


def _require_technician(work: Work, technician_id: str) -> None:
    stamp = crew_days.stamp(work)
    today = days.day_of(seconds(work.at), settings.get(work).zone)
    if technician_id not in crew_days.read(work, stamp, today).people:
        raise Conflict("This technician doesn't drive any more.", code="off_duty")
