"""What is in the vans: booked in, used at a visit, and corrected after counting.

A move locks the technician's row, so two at once add up, and a number below zero says that more was
used than was booked in: it is shown, never refused, since the part is in the wall by then. The
history of the moves is the audit log. Not for parts as such (`parts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import crew, permissions, setting_up
from helpdesk.field_service.models_crew import Part, VanStock

MOST = 99_999


def of_vans(work: Work, technician_ids: Sequence[str]) -> Mapping[str, dict[str, int]]:
    """{technician: {part: how many}}. For every actor: planning asks it."""
    found: dict[str, dict[str, int]] = {one: {} for one in technician_ids}
    wanted = select(VanStock.technician_id, VanStock.part_id, VanStock.quantity)
    for row in work.session.execute(wanted.where(VanStock.technician_id.in_(technician_ids))):
        found[row.technician_id][row.part_id] = row.quantity
    return found


def matrix(work: Work, part_ids: Sequence[str]) -> Mapping[tuple[str, str], int]:
    """{(part, technician): how many} for one page of parts."""
    setting_up.require_look(work)
    wanted = select(VanStock).where(VanStock.part_id.in_(part_ids))
    return {(row.part_id, row.technician_id): row.quantity for row in work.session.scalars(wanted)}


def book_in(work: Work, technician_id: str, part_id: str, quantity: int) -> int:
    """Put some into the van; answers how many are there now."""
    setting_up.require_staff(work)
    setting_up.whole(quantity, "quantity", 1, MOST)
    return _move(work, technician_id, part_id, quantity, "stock.booked_in")


def use(
    work: Work, technician_id: str, part_id: str, quantity: int, *, visit_id: str | None = None
) -> int:
    """Taken out at a visit, by the technician themselves or whoever writes it down for them.

    Below zero it gives back: what was written down before was too much.
    """
    if work.actor.id != technician_id and not permissions.can_staff(work.actor):
        raise Forbidden("Only a supervisor can change this.")
    setting_up.whole(quantity, "quantity", -MOST, MOST)
    facts = {"visit_id": visit_id} if visit_id else {}
    return _move(work, technician_id, part_id, -quantity, "stock.used", **facts)


def correct(work: Work, technician_id: str, part_id: str, quantity: int) -> int:
    """Somebody counted; answers how many were written down before."""
    setting_up.require_staff(work)
    setting_up.whole(quantity, "quantity", -MOST, MOST)
    part = _part(work, part_id)
    crew.touch(work, technician_id, "stock")
    row = _row(work, technician_id, part_id)
    before, row.quantity, row.changed_at = row.quantity, quantity, work.at
    work.session.flush()
    if before != quantity:
        work.audit(
            "stock.corrected", "stock", part_id, technician_id=technician_id, before=before,
            after=quantity, name=part.name,
        )  # fmt: skip
    return before


def _move(work: Work, technician_id: str, part_id: str, by: int, action: str, **facts: str) -> int:
    part = _part(work, part_id)
    crew.touch(work, technician_id, "stock")
    row = _row(work, technician_id, part_id)
    row.quantity, row.changed_at = row.quantity + by, work.at
    work.session.flush()
    work.audit(
        action, "stock", part_id, technician_id=technician_id, quantity=abs(by), left=row.quantity,
        name=part.name, **facts,
    )  # fmt: skip
    return row.quantity


def _part(work: Work, part_id: str) -> Part:
    found = work.session.get(Part, part_id)
    if found is None:
        raise NotFound(setting_up.ABSENT)
    return found


def _row(work: Work, technician_id: str, part_id: str) -> VanStock:
    """The count as it is now; the technician's row is locked, so nobody else makes it."""
    row = work.session.get(VanStock, (technician_id, part_id), populate_existing=True)
    if row is None:
        row = VanStock(technician_id=technician_id, part_id=part_id, quantity=0, changed_at=work.at)
        work.session.add(row)
    return row
