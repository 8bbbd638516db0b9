"""What has to come before a visit: another visit, or a part that is ordered for it.

A part that came is given to the visits that wait for it, the most urgent first. Every change moves
the routes of the visit on, so that whoever plans looks again. Not for what planning makes of it
(`book_jobs.firsts`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import delete, select

from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service import permissions, routes, service, steps
from helpdesk.field_service.events import VisitChanged
from helpdesk.field_service.models import Visit, VisitNeeds
from helpdesk.field_service.models_crew import Part

MOST = 20  # of one visit
MOST_QUANTITY = 999
_FAR = date(9999, 1, 1)
ABSENT = "This visit waits for no such thing."


def of_visit(work: Work, visit_id: str) -> Sequence[VisitNeeds]:
    """All of a visit that the actor sees, met ones too."""
    permissions.get_visible(work, visit_id)
    return work.session.scalars(
        select(VisitNeeds).where(VisitNeeds.visit_id == visit_id).order_by(VisitNeeds.id)
    ).all()


def add(
    work: Work,
    visit_id: str,
    *,
    needs_visit_id: str | None = None,
    part_id: str | None = None,
    quantity: int = 1,
    expected_on: date | None = None,
) -> VisitNeeds:
    """`visit_id` waits for another visit, or for a part that is expected on a day (None: unknown).

    Invalid for what makes no sense: both or neither, itself, a circle, something that is over.
    """
    _require(work)
    visit = service.hold(work, visit_id)
    if not steps.may_be_replanned(visit.state):
        raise service.no_such_step(visit, "wait for anything")
    if (needs_visit_id is None) == (part_id is None):
        raise Invalid(fields={"part_id": "Name either a part or another visit."})
    known = of_visit(work, visit_id)
    if len(known) >= MOST:
        raise Invalid(fields={"part_id": f"A visit waits for at most {MOST} things."})
    if needs_visit_id is not None:
        _check_visit(work, visit, needs_visit_id)
    else:
        _check_part(work, part_id, quantity)
    made = service.need(
        work,
        visit,
        visit_id=needs_visit_id,
        part_id=part_id,
        quantity=quantity,
        expected_on=expected_on,
    )
    _changed(work, visit)
    return made


def expect(work: Work, need_id: str, expected_on: date | None) -> VisitNeeds:
    """The part comes on another day."""
    steps.need_day(expected_on)
    need, visit = _held(work, need_id)
    if need.part_id is None:
        raise Conflict("Only a part is expected on a day.", code="no_part")
    if need.met_at is not None:
        raise Conflict("This part has come.", code="met")
    if need.expected_on != expected_on:
        need.expected_on = expected_on
        _changed(work, visit)
    return need


def met(work: Work, need_id: str) -> VisitNeeds:
    """It has come; the visit need not wait for it any more."""
    need, visit = _held(work, need_id)
    if need.met_at is None:
        need.met_at = work.at
        _changed(work, visit)
    return need


def remove(work: Work, need_id: str) -> None:
    """It is not needed after all."""
    need, visit = _held(work, need_id)
    work.session.execute(delete(VisitNeeds).where(VisitNeeds.id == need.id))
    work.session.expunge(need)
    _changed(work, visit)


def part_arrived(work: Work, part_id: str, quantity: int) -> list[VisitNeeds]:
    """So many of a part have come: they are given to visits that wait for it, while they last.

    The most urgent first, then who was to have it first. Answers whose wait is over.
    """
    _require(work)
    _check_part(work, part_id, quantity)
    wanted = permissions.visible(
        work,
        select(VisitNeeds, Visit)
        .join(Visit, Visit.id == VisitNeeds.visit_id)
        .where(
            VisitNeeds.part_id == part_id,
            VisitNeeds.met_at.is_(None),
            Visit.state.in_(("waiting", "booked")),
        )
        .order_by(Visit.id),
    )
    waiting = work.session.execute(wanted.with_for_update(of=Visit)).all()
    order = sorted(waiting, key=lambda row: _urgency(row[0], row[1]))
    given = []
    for need, visit in order:
        if need.quantity <= quantity:
            quantity -= need.quantity
            need.met_at = work.at
            _changed(work, visit)
            given.append(need)
    return given


def _urgency(need: VisitNeeds, visit: Visit) -> tuple[int, date, str]:
    return visit.priority, need.expected_on or _FAR, need.id


def _held(work: Work, need_id: str) -> tuple[VisitNeeds, Visit]:
    _require(work)
    need = work.session.get(VisitNeeds, need_id) if is_id(need_id) else None
    if need is None:
        raise NotFound(ABSENT)
    return need, service.hold(work, need.visit_id)


def _check_visit(work: Work, visit: Visit, other_id: str) -> None:
    if other_id == visit.id:
        raise Invalid(fields={"needs_visit_id": "A visit can't wait for itself."})
    try:
        other = permissions.get_visible(work, other_id)
    except NotFound:
        raise Invalid(fields={"needs_visit_id": permissions.ABSENT}) from None
    if steps.is_over(other.state):
        raise Invalid(fields={"needs_visit_id": "That visit is over already."})
    if visit.id in _awaited(work, {other_id}):
        raise Invalid(fields={"needs_visit_id": "They would wait for each other for ever."})


def _awaited(work: Work, visit_ids: Collection[str]) -> set[str]:
    """Everything that these wait for, however far."""
    found: set[str] = set()
    ahead = set(visit_ids)
    while ahead:
        found |= ahead
        rows = work.session.scalars(
            select(VisitNeeds.needs_visit_id).where(
                VisitNeeds.visit_id.in_(sorted(ahead)), VisitNeeds.needs_visit_id.is_not(None)
            )
        )
        ahead = {str(one) for one in rows} - found
    return found


def _check_part(work: Work, part_id: str | None, quantity: int) -> None:
    if not is_id(part_id or "") or work.session.get(Part, part_id) is None:
        raise Invalid(fields={"part_id": "There is no such part."})
    if isinstance(quantity, bool) or not 1 <= quantity <= MOST_QUANTITY:
        raise Invalid(fields={"quantity": f"Use a number from 1 to {MOST_QUANTITY}."})


def _require(work: Work) -> None:
    if not permissions.can_book(work.actor):
        raise Forbidden("Only the desk can say what a visit waits for.")


def _changed(work: Work, visit: Visit) -> None:
    visit.version += 1
    work.session.flush()
    for stop in service.stops_of(work, visit.id):
        routes.touch(work, stop.route_id)
    work.emit(VisitChanged(fields=["needs"], **service.facts(visit)))
