"""Travel without a map service: straight distance x a detour, at a pace that depends on the hour.

A trip is work at an even pace ("how long on a quiet road") and a clock that runs slower in busy
hours; a trip across the border of two bands is split there, so who leaves later never arrives
earlier. `calibrated` learns the paces from finished trips. Not for fetching anything: a routing
server has an adapter of its own.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, ceil, cos, floor, hypot, radians, sin, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from helpdesk.field_service.plan import Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_KM = 6371.0088  # mean radius, IUGG
DAY = 86_400
DETOUR = 1.3  # roads against the straight line, usual in Europe
KMH = 40.0
ENOUGH_TRIPS = 20  # so many trips weigh as much as the stated default
_ROUNDING = 1e-6
Curve: TypeAlias = tuple[int, list[float], list[float], list[float]]


@dataclass(frozen=True, slots=True)
class Band:
    """Local hours in which driving takes `pace` times as long. Minutes of the day, [from, to)."""

    name: str
    from_minute: int
    to_minute: int
    pace: float
    weekdays: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True)
class Bands:
    """How slow the roads are, by local time; outside all bands the pace is 1.

    Of bands that overlap the first counts.
    """

    zone: str = "UTC"
    rows: tuple[Band, ...] = ()
    _curves: "dict[tuple[int, int], Curve]" = field(default_factory=dict, compare=False, repr=False)

    @property
    def fastest(self) -> float:
        """The pace of the quickest hour."""
        return min([1.0, *(row.pace for row in self.rows)])

    def band(self, at: int) -> Band | None:
        """The band an instant lies in."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return next((row for row in self.rows if _holds(row, local.weekday(), minute)), None)

    def after(self, at: int, work: int) -> int:
        """When a trip of `work` seconds at pace 1 that leaves at `at` arrives."""
        if not self.rows:
            return at + work
        base, times, done, paces = self._day(at)
        n = bisect_right(times, at - base) - 1
        arrives = at - base + work * paces[n]
        if arrives > times[n + 1]:
            arrives = _along(done, times, _along(times, done, at - base) + work)
        return base + ceil(arrives - _ROUNDING)

    def before(self, by: int, work: int) -> int:
        """The latest departure of that trip that arrives by `by`."""
        if not self.rows:
            return by - work
        base, times, done, paces = self._day(by - DAY)
        n = bisect_right(times, by - base) - 1
        leaves = by - base - work * paces[n]
        if leaves < times[n]:
            leaves = _along(done, times, _along(times, done, by - base) - work)
        return base + floor(leaves + _ROUNDING)

    def many_after(self, at: "NDArray[Any]", work: "NDArray[Any]") -> "NDArray[Any]":
        """`after` for many trips at once; times beyond all reason stay so."""
        if not self.rows:
            arrives: NDArray[Any] = at + work
            return arrives
        import numpy as np  # noqa: PLC0415  only who books pays for it

        base, times, done, _ = self._span(at)
        x = np.interp(np.interp(at - base, times, done) + work, done, times)
        return np.where(_inside(at - base, times), base + np.ceil(x - _ROUNDING), at)

    def many_before(self, by: "NDArray[Any]", work: "NDArray[Any]") -> "NDArray[Any]":
        """`before` for many trips at once."""
        if not self.rows:
            leaves: NDArray[Any] = by - work
            return leaves
        import numpy as np  # noqa: PLC0415  only who books pays for it

        base, times, done, _ = self._span(by)
        x = np.interp(np.interp(by - base, times, done) - work, done, times)
        return np.where(_inside(by - base, times), base + np.floor(x + _ROUNDING), by)

    def _day(self, at: int) -> "Curve":
        """The three days that begin with this one (of UTC)."""
        day = at // DAY
        return self._curve(day * DAY, (day + 3) * DAY)

    def _span(self, at: "NDArray[Any]") -> "Curve":
        sane = at[(at > 0) & (at < 1e11)]
        low, high = (int(sane.min()), int(sane.max())) if sane.size else (0, 0)
        return self._curve((low // DAY - 1) * DAY, (high // DAY + 2) * DAY)

    def _curve(self, begins: int, ends: int) -> "Curve":
        key = begins, ends
        if key not in self._curves:
            if len(self._curves) > 400:
                self._curves.clear()
            self._curves[key] = self._drawn(begins, ends)
        return self._curves[key]

    def _drawn(self, begins: int, ends: int) -> "Curve":
        """Instants counted from the first, the work done until each, the paces between them."""
        times = [float(begins), *self._borders(begins, ends), float(ends)]
        done, paces = [0.0], []
        for one, two in pairwise(times):
            row = self.band(int(one))
            paces.append(row.pace if row else 1.0)
            done.append(done[-1] + (two - one) / paces[-1])
        return begins, [at - begins for at in times], done, paces

    def _borders(self, begins: int, ends: int) -> list[float]:
        """Where the pace may change; midnight too, for weekdays."""
        zone = ZoneInfo(self.zone)
        minutes = {0} | {m for row in self.rows for m in (row.from_minute, row.to_minute)}
        midnight = datetime.fromtimestamp(begins, zone).replace(hour=0, minute=0, second=0)
        days = range((ends - begins) // DAY + 2)
        found = {
            (midnight + timedelta(days=day, minutes=minute)).timestamp()
            for day in days
            for minute in minutes
        }
        return sorted(at for at in found if begins < at < ends)


EVEN = Bands()


class Paced(ABC):
    """Travel of work x pace: what great circle and plane share."""

    source = "straight line"

    def __init__(self, bands: Bands = EVEN) -> None:
        self.bands = bands

    @abstractmethod
    def work(self, a: Place, b: Place) -> int:
        """Seconds from a to b at pace 1."""

    @abstractmethod
    def work_row(self, place: Place, lats: "NDArray[Any]", lons: "NDArray[Any]") -> "NDArray[Any]":
        """`work` between a place and many."""

    def seconds(self, a: Place, b: Place, at: int) -> int:
        return self.bands.after(at, self.work(a, b)) - at

    def works(self, places: Sequence[Place]) -> list[list[int]]:
        """`work` between all of them."""
        import numpy as np  # noqa: PLC0415  only who plans pays for it

        lats = np.array([place.lat for place in places], dtype=float)
        lons = np.array([place.lon for place in places], dtype=float)
        return [self.work_row(p, lats, lons).astype(int).tolist() for p in places]

    def table(self, places: Sequence[Place], at: int) -> list[list[int]]:
        works = self.works(places)
        if not self.bands.rows:
            return works
        return [[self.bands.after(at, work) - at for work in row] for row in works]


class GreatCircle(Paced):
    """Distance on the sphere x detour at `kmh`, slower in the bands' hours. Places in degrees."""

    source = "great circle"

    def __init__(self, bands: Bands = EVEN, detour: float = DETOUR, kmh: float = KMH) -> None:
        super().__init__(bands)
        self.seconds_per_km = detour / kmh * 3600

    def work(self, a: Place, b: Place) -> int:
        return int(great_circle_km(a, b) * self.seconds_per_km + 0.5)

    def work_row(self, place: Place, lats: "NDArray[Any]", lons: "NDArray[Any]") -> "NDArray[Any]":
        import numpy as np  # noqa: PLC0415  only who books pays for it

        phi, phis = radians(place.lat), np.radians(lats)
        high = np.sin((phis - phi) / 2)
        wide = np.sin(np.radians(lons - place.lon) / 2)
        bow = high * high + cos(phi) * np.cos(phis) * wide * wide
        km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(bow, 1.0)))
        return np.asarray(np.floor(km * self.seconds_per_km + 0.5))


class Plane(Paced):
    """A flat map in km (lat north, lon east), as measurements use: x 1.35 at 35 km/h."""

    source = "plane"

    def __init__(self, bands: Bands = EVEN, detour: float = 1.35, kmh: float = 35.0) -> None:
        super().__init__(bands)
        self.seconds_per_km = detour / kmh * 3600

    def work(self, a: Place, b: Place) -> int:
        return int(hypot(a.lat - b.lat, a.lon - b.lon) * self.seconds_per_km + 0.5)

    def work_row(self, place: Place, lats: "NDArray[Any]", lons: "NDArray[Any]") -> "NDArray[Any]":
        import numpy as np  # noqa: PLC0415  only who books pays for it

        km = np.hypot(lats - place.lat, lons - place.lon)
        return np.floor(km * self.seconds_per_km + 0.5)


def great_circle_km(a: Place, b: Place) -> float:
    """Kilometres along the sphere (haversine)."""
    phi, psi = radians(a.lat), radians(b.lat)
    bow = sin((psi - phi) / 2) ** 2 + cos(phi) * cos(psi) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(bow)))


@dataclass(frozen=True, slots=True)
class Trip:
    """A finished drive: when it left and how many seconds it took."""

    a: Place
    b: Place
    left_at: int
    took_s: int


def calibrated(
    travel: GreatCircle, trips: Iterable[Trip], enough: int = ENOUGH_TRIPS
) -> tuple[Bands, Mapping[str, int]]:
    """Paces by band as finished trips had them, and how many trips told so.

    The median of took / stated, shrunk towards the pace stated so far where trips are few: `enough`
    trips weigh as much as it. Trips below two minutes at pace 1 say more about parking and are left
    out. Trips outside all bands have the name "".
    """
    ratios: dict[str, list[float]] = {}
    for trip in trips:
        work = travel.work(trip.a, trip.b)
        if work >= 120 and trip.took_s > 0:
            band = travel.bands.band(trip.left_at)
            ratios.setdefault(band.name if band else "", []).append(trip.took_s / work)
    rows = tuple(
        Band(r.name, r.from_minute, r.to_minute, _shrunk(ratios, r, enough), r.weekdays)
        for r in (*travel.bands.rows, Band("", 0, 1440, 1.0))
        if r.name or "" in ratios
    )
    return Bands(travel.bands.zone, rows), {name: len(seen) for name, seen in ratios.items()}


def _shrunk(ratios: Mapping[str, Sequence[float]], row: Band, enough: int) -> float:
    seen = ratios.get(row.name, ())
    if not seen:
        return row.pace
    return (len(seen) * median(seen) + enough * row.pace) / (len(seen) + enough)


def _holds(row: Band, weekday: int, minute: int) -> bool:
    return weekday in row.weekdays and row.from_minute <= minute < row.to_minute


def _along(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """The value at x on the line through these points."""
    right = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + share * (ys[right] - ys[right - 1])


def _inside(at: "NDArray[Any]", times: Sequence[float]) -> "NDArray[Any]":
    return (at > times[0]) & (at < times[-1])
