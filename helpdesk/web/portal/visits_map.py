"""A picture of roughly where the technician is: a plain drawing, so that nobody else is asked for
tiles of a map and no script is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from helpdesk.workflows.visit_coming import SQUARE_KM, Where

WIDE, HIGH = 480, 240
_SCALES = (1, 2, 5, 10, 20, 50, 100, 200)
_EDGE = 24


@dataclass(frozen=True, slots=True)
class Drawn:
    """In units of a drawing of WIDE x HIGH; rings around the place every `step_km`."""

    x: float
    y: float
    radius: float
    rings: tuple[tuple[float, int], ...]
    wide: int = WIDE
    high: int = HIGH


def drawn(where: Where) -> Drawn:
    """The visited place in the middle, the technician inside of the drawing."""
    across = max(abs(where.east_km) / (WIDE / 2 - _EDGE), abs(where.north_km) / (HIGH / 2 - _EDGE))
    km_of_unit = max(across, 1.5 / (HIGH / 2 - _EDGE))
    reach = km_of_unit * HIGH / 2
    step = next((one for one in _SCALES if one * 4 >= reach), _SCALES[-1])
    rings = tuple(
        (round(n * step / km_of_unit, 1), n * step) for n in range(1, math.floor(reach / step) + 1)
    )
    return Drawn(
        x=round(WIDE / 2 + where.east_km / km_of_unit, 1),
        y=round(HIGH / 2 - where.north_km / km_of_unit, 1),
        radius=max(8.0, round(SQUARE_KM / 2**0.5 / km_of_unit, 1)),
        rings=rings[:6],
    )
