"""How long a drive takes, as this house knows it: what planning, booking and ETAs ask.

Three sources, the best that is known of each drive, and each is said: `osrm` (a routing server
told it, see `osrm`; kept in `travel_near`), `calibrated` (distance at the pace that finished trips
had at that hour) and `estimate` (distance alone). Nothing here calls a server: what is in the table
counts, so it may be asked within a transaction. Kept per process until settings, calibration or
table move on. A drive counts alike both ways: planning judges a leg from either end.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from helpdesk.core import db
from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work
from helpdesk.field_service import settings
from helpdesk.field_service.models_crew import TravelNear
from helpdesk.field_service.plan import Place
from helpdesk.field_service.travel import EVEN, Band, Bands, GreatCircle

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEARNED = "field_service.travel"
SOURCES = ("osrm", "calibrated", "estimate")
_WEEKDAYS = frozenset(range(5))
HOURS = (
    Band("morning", 7 * 60, 9 * 60, 1.0, _WEEKDAYS),
    Band("day", 9 * 60, 16 * 60, 1.0, _WEEKDAYS),
    Band("evening", 16 * 60, 18 * 60 + 30, 1.0, _WEEKDAYS),
    Band("weekend", 0, 24 * 60, 1.0, frozenset((5, 6))),
)
"""Hours whose pace is learned apart; what is left is the quiet road."""

_KEY, _GUARD = "field_service.travel_port", "field_service.travel_port.guard"
_STEPS = 10_000  # of a degree: 11 m
_WIDE = 1 << 23
_REMEMBERED = 200_000
_ENOUGH_LEGS = 20


def key_of(place: Place) -> int:
    """A place as the table names it, so that neighbours across a yard are one."""
    return round((place.lat + 90) * _STEPS) * _WIDE + round((place.lon + 180) * _STEPS)


def place_of(key: int) -> Place:
    return Place(key // _WIDE / _STEPS - 90, key % _WIDE / _STEPS - 180)


@dataclass(frozen=True, slots=True)
class Near:
    """What a routing server said of one place: keys of others, ascending, and seconds."""

    keys: NDArray[Any]
    seconds: NDArray[Any]

    @classmethod
    def of(cls, told: Mapping[str, int]) -> Near:
        import numpy as np  # noqa: PLC0415  only who plans pays for it

        rows = sorted((int(key), seconds) for key, seconds in told.items())
        keys, seconds = zip(*rows, strict=True) if rows else ((), ())
        return cls(np.array(keys, dtype=np.int64), np.array(seconds, dtype=np.float64))

    def find(self, key: int) -> int | None:
        at = int(self.keys.searchsorted(key))
        if at < len(self.keys) and int(self.keys[at]) == key:
            return int(self.seconds[at])
        return None


class Roads(GreatCircle):
    """Drives that are known, and the estimate, brought to their measure, for all others."""

    def __init__(
        self,
        bands: Bands = EVEN,
        detour: float = 1.35,
        kmh: float = 40.0,
        near: Mapping[int, Near] | None = None,
    ) -> None:
        super().__init__(bands, detour, kmh)
        self.near: dict[int, Near] = dict(near or {})
        self.source = "osrm" if self.near else self.guess
        self._known: dict[tuple[int, int], int | None] = {}
        self.seconds_per_km *= self._measure()

    @property
    def guess(self) -> str:
        """What a drive is called that no server told."""
        return "calibrated" if self.bands.rows else "estimate"

    def source_of(self, a: Place, b: Place) -> str:
        return self.guess if self._told(a, b) is None else "osrm"

    def work(self, a: Place, b: Place) -> int:
        told = self._told(a, b)
        return super().work(a, b) if told is None else told

    def work_row(self, place: Place, lats: NDArray[Any], lons: NDArray[Any]) -> NDArray[Any]:
        import numpy as np  # noqa: PLC0415  only who plans pays for it

        row = super().work_row(place, lats, lons)
        key = key_of(place)
        high, wide = np.rint((lats + 90) * _STEPS), np.rint((lons + 180) * _STEPS)
        keys = (high * _WIDE + wide).astype(np.int64)
        row = np.where(keys == key, 0.0, row)
        near = self.near.get(key)
        if near is None or not len(near.keys):
            return row
        at = np.minimum(near.keys.searchsorted(keys), len(near.keys) - 1)
        return np.where(near.keys[at] == keys, near.seconds[at], row)

    def _told(self, a: Place, b: Place) -> int | None:
        """Seconds as the server said; 0 within one yard; None: it was not asked."""
        pair = key_of(a), key_of(b)
        if pair[0] == pair[1]:
            return 0
        if not self.near:
            return None
        if pair not in self._known:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            near = self.near.get(pair[0])
            self._known[pair] = near.find(pair[1]) if near is not None else None
        return self._known[pair]

    def _measure(self) -> float:
        """How much longer drives are than their estimate, so that both kinds can be compared."""
        ratios: list[float] = []
        for key, near in list(self.near.items())[:200]:
            start = place_of(key)
            for other, seconds in zip(near.keys[::10], near.seconds[::10], strict=True):
                guess = GreatCircle.work(self, start, place_of(int(other)))
                if guess >= 60:
                    ratios.append(float(seconds) / guess)
        if not ratios:
            return 1.0
        return (len(ratios) * median(ratios) + _ENOUGH_LEGS) / (len(ratios) + _ENOUGH_LEGS)


@dataclass(slots=True)
class _Kept:
    """What this process knows, and as of what."""

    stamp: tuple[Any, ...]
    travel: Roads
    near: dict[int, Near] = field(default_factory=dict)
    newest: datetime | None = None
    server: str = ""


def of(work: Work) -> Roads:
    """Travel as it is known now; the same object until something of it has changed."""
    shelf = db.current().remembered
    guard = shelf.setdefault(_GUARD, threading.Lock())
    house, learned, stamp = _asked(work)
    with guard:
        kept = shelf.get(_KEY)
        if kept is not None and kept.stamp == stamp:
            return kept.travel
        near, newest = _near(work, kept, house.osrm)
        bands = bands_of(learned, house.zone)
        travel = Roads(bands, house.detour, float(house.speed_kmh), near)
        shelf[_KEY] = _Kept(stamp, travel, near, newest, house.osrm)
        return travel


def stated(work: Work) -> Roads:
    """Travel before anything was learned of the hours, with the hours to learn of."""
    house, _, _ = _asked(work)
    near, _ = _near(work, None, house.osrm)
    return Roads(Bands(house.zone, HOURS), house.detour, float(house.speed_kmh), near)


def eta(work: Work, a: Place, b: Place, at: datetime) -> tuple[datetime, str]:
    """When who leaves `a` at `at` is at `b`, and who says so."""
    travel = of(work)
    seconds = travel.seconds(a, b, int(at.timestamp()))
    return at + timedelta(seconds=seconds), travel.source_of(a, b)


def bands_of(learned: Mapping[str, Any], zone: str) -> Bands:
    """Paces as they were stored by `workflows.visit_travel`."""
    rows = tuple(
        Band(one["name"], one["from"], one["to"], one["pace"], frozenset(one["weekdays"]))
        for one in learned.get("bands", ())
    )
    return Bands(zone, rows) if rows else EVEN


def _asked(work: Work) -> tuple[settings.Settings, Mapping[str, Any], tuple[Any, ...]]:
    house = settings.get(work)
    learned = work.session.get(StoredSetting, LEARNED)
    told = dict(learned.value) if learned is not None else {}
    stamp: tuple[Any, ...] = (
        house.speed_kmh, house.detour, house.zone, house.osrm, json.dumps(told, sort_keys=True),
    )  # fmt: skip
    if house.osrm:
        rows = select(func.max(TravelNear.asked_at), func.count(TravelNear.place))
        stamp += tuple(work.session.execute(rows.where(TravelNear.server == house.osrm)).one())
    return house, told, stamp


def _near(work: Work, kept: _Kept | None, server: str) -> tuple[dict[int, Near], datetime | None]:
    """What the table says, of which only the new is read."""
    if not server:
        return {}, None
    same = kept is not None and kept.server == server
    found = dict(kept.near) if kept is not None and same else {}
    newest = kept.newest if kept is not None and same else None
    wanted = select(TravelNear.place, TravelNear.near, TravelNear.asked_at)
    wanted = wanted.where(TravelNear.server == server)
    if newest is not None:
        wanted = wanted.where(TravelNear.asked_at >= newest)
    for row in work.session.execute(wanted.order_by(TravelNear.asked_at)):
        found[row.place] = Near.of(row.near)
        newest = row.asked_at
    return found, newest


def lacking(travel: Roads, places: Iterable[Place], wanted: int) -> list[list[Place]]:
    """Groups of at most `wanted` places that lie together, of which some drives are not known.

    Each group is one question to a server: a place that lacks more than a few drives (some have
    no road), with those around it.
    """
    one_each = {key_of(place): place for place in places}
    left, groups = dict(one_each), []
    while left:
        key = min(left)
        group = _around(left.pop(key), list(one_each.values()), wanted)
        known = travel.near.get(key)
        told = set(known.keys.tolist()) if known is not None else set()
        if len({key_of(one) for one in group} - told - {key}) > len(group) // 4:
            groups.append(group)
            for one in group[: max(1, wanted // 3)]:
                left.pop(key_of(one), None)
    return groups


def _around(place: Place, places: Sequence[Place], count: int) -> list[Place]:
    import numpy as np  # noqa: PLC0415  only who plans pays for it

    lats = np.array([one.lat for one in places])
    lons = np.array([one.lon for one in places])
    near = GreatCircle().work_row(place, lats, lons)
    return [places[n] for n in np.argsort(near, kind="stable")[:count]]
