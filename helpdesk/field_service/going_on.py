"""How a route really goes on while somebody is on the way or on site. Pure.

A plan thinks in usual times; here nobody arrives in the past, whoever is held up goes on from where
their phone is, and whoever needs longer already needs as much again as such visits vary. Not for
routes that nobody has begun.
"""

from __future__ import annotations

from dataclasses import replace

from helpdesk.field_service.plan import Place, Route

SOON_S = 60


def as_of(route: Route, now: int, state: str, there: Place | None = None) -> Route:
    """`state`: what its technician does (travelling, on_site, ""), `there`: where they were just
    seen.
    """
    if not state or not route.frozen or not route.jobs:
        return route
    first, shift = route.jobs[0], route.shift
    if state == "travelling":
        first = replace(first, earliest=now + SOON_S)
        if there is not None:
            shift = replace(shift, free_from=max(now, shift.starts), free_at=there)
    elif first.duration_s <= SOON_S:
        more = max(first.extra_s // 2, SOON_S)
        first = replace(first, duration_s=more, extra_s=more)
    return replace(route, shift=shift, jobs=(first, *route.jobs[1:]))
