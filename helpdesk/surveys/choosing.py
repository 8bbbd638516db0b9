"""Which survey a ticket gets: of an ordered list the first that fits queue and brand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`queue_ids` empty: every queue. `brand_id` None: every brand."""

    id: str
    kind: str
    delay_s: int
    queue_ids: tuple[str, ...] = ()
    brand_id: str | None = None


def choose(plans: Sequence[Plan], queue_id: str, brand_id: str | None) -> Plan | None:
    for plan in plans:
        if plan.queue_ids and queue_id not in plan.queue_ids:
            continue
        if plan.brand_id is not None and plan.brand_id != brand_id:
            continue
        return plan
    return None
