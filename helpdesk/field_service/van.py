"""What a visit takes out of a van, told as totals by its technician's phone.

Not for the moves themselves (`stock`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.field_service import stock
from helpdesk.field_service.models_crew import Part

MOST = 999


def used(
    work: Work,
    technician_id: str,
    before: Iterable[Mapping[str, int | str]],
    changed: Mapping[str, int],
    visit_id: str,
) -> list[dict[str, int | str]]:
    """`changed` {part: how many in all}; answers all that was used, and lowers the van by the rest.

    Invalid for a part that there is not: a phone can't make one up.
    """
    had = {str(one["part_id"]): int(one["quantity"]) for one in before}
    known = set(work.session.scalars(select(Part.id).where(Part.id.in_(sorted(changed)))))
    if known != changed.keys() or not all(0 <= count <= MOST for count in changed.values()):
        raise Invalid("There is no such part, or not so many of it.", code="no_part")
    for part_id in sorted(changed):
        more = changed[part_id] - had.get(part_id, 0)
        if more:
            stock.use(work, technician_id, part_id, more, visit_id=visit_id)
    now = had | dict(changed)
    return [{"part_id": one, "quantity": count} for one, count in sorted(now.items()) if count > 0]


def names(work: Work, ids: Iterable[str]) -> dict[str, Part]:
    """Parts by id, those out of use too."""
    rows = work.session.scalars(select(Part).where(Part.id.in_(sorted(set(ids)))))
    return {row.id: row for row in rows}
