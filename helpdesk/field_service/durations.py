"""How long a visit takes: p50 and p80, learned from finished ones.

By type and technician, shrunk towards the type, and the type towards what was stated for it: few
visits say little. Fit as a log-normal, because times on site have a long tail. Not for driving
times (`travel.calibrated`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log
from statistics import fmean

Z80 = 0.8416212  # the normal distribution's 80th percentile
ENOUGH = 8  # so many visits weigh as much as what was known before
STATED_SPREAD = 1.35  # p80 / p50 where nothing is known
LONGEST_S = 16 * 3600


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished visit: how long somebody was on site."""

    type: str
    technician_id: str
    took_s: int


@dataclass(frozen=True, slots=True)
class Duration:
    """p50 and p80 in whole seconds, and how many visits told so."""

    p50_s: int
    p80_s: int
    seen: int = 0

    @property
    def extra_s(self) -> int:
        return self.p80_s - self.p50_s


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned. Ask with `of`."""

    stated: Mapping[str, Duration]
    types: Mapping[str, Duration] = field(default_factory=dict)
    people: Mapping[tuple[str, str], Duration] = field(default_factory=dict)

    def of(self, type_: str, technician_id: str | None = None) -> Duration | None:
        """That technician's figure, else the type's, else what was stated; None for a stranger."""
        found = self.people.get((type_, technician_id)) if technician_id else None
        return found or self.types.get(type_) or self.stated.get(type_)


def learned(
    finished: Iterable[Finished], stated: Mapping[str, Duration], enough: int = ENOUGH
) -> Learned:
    """By type, and by type and technician. Times of zero or beyond reason are left out."""
    by_type: dict[str, list[float]] = {}
    by_person: dict[tuple[str, str], list[float]] = {}
    for one in finished:
        if 0 < one.took_s <= LONGEST_S:
            by_type.setdefault(one.type, []).append(log(one.took_s))
            by_person.setdefault((one.type, one.technician_id), []).append(log(one.took_s))
    types = {key: _shrunk(logs, stated.get(key), enough) for key, logs in by_type.items()}
    people = {key: _shrunk(logs, types[key[0]], enough) for key, logs in by_person.items()}
    return Learned(stated, types, people)


def _shrunk(logs: list[float], known: Duration | None, enough: int) -> Duration:
    """Middle and spread of the logarithms, drawn towards what is known."""
    n, middle = len(logs), fmean(logs)
    spread = fmean([(one - middle) ** 2 for one in logs])
    if known is None:
        before, wide, weight = middle, log(STATED_SPREAD) / Z80, enough
    else:
        before = log(max(known.p50_s, 1))
        wide, weight = log(max(known.p80_s / max(known.p50_s, 1), 1.01)) / Z80, enough
    middle_now = (n * middle + weight * before) / (n + weight)
    spread_now = (n * spread + weight * wide**2) / (n + weight)
    p50 = exp(middle_now)
    return Duration(round(p50), round(p50 * exp(Z80 * spread_now**0.5)), n)
