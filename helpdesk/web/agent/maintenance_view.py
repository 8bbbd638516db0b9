"""Maintenance plans as the desk shows them beside a customer or a product: what and when next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.core.work import Work
from helpdesk.field_service import maintenance, recurring, types
from helpdesk.field_service.models import Maintenance
from helpdesk.field_service.permissions import can_staff


@dataclass(frozen=True, slots=True)
class PlanLine:
    row: Maintenance
    kind: str
    every: str

    @property
    def next(self) -> str:
        if not self.row.is_active:
            return "paused"
        return self.row.next_on.isoformat() if self.row.next_on else "no more dates"


@dataclass(frozen=True, slots=True)
class PlansOf:
    """`may_change`: whether the reader makes and changes plans."""

    lines: Sequence[PlanLine] = ()
    may_change: bool = False
    asset_id: str = ""


def of_customer(work: Work, customer_id: str, *, asset_id: str = "") -> PlansOf:
    """Those of a customer whom the reader sees; with `asset_id` those of that product alone."""
    rows = [
        row
        for row in maintenance.of_customer(work, customer_id)
        if asset_id in ("", row.asset_id or "")
    ]
    kinds = {kind.id: kind.name for kind in types.list_all(work)} if rows else {}
    lines = [
        PlanLine(row, kinds.get(row.visit_type_id, ""), recurring.words(row.rule, row.starts_on))
        for row in rows
    ]
    return PlansOf(lines, can_staff(work.actor), asset_id)
