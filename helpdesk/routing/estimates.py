"""How long a waiting customer still waits, said honestly.

Why pure: what the customer is shown, what the simulator checks and what the report calls coverage
come from one formula. The base is a line served at a steady rate: with `serving` slots and a mean
handling time, the n-th in line waits for n slots to get free, which is Erlang distributed. That is
a model; so each promise is kept with what came of it, and recent outcomes correct the next promise.
Not for forecasting the day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

ENOUGH = 20
"""Outcomes needed before they correct anything."""

_RECENT = 200
_SLOWEST = 0.005
_LEAST, _MOST = 0.2, 5.0
_Z90 = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a customer is told, in seconds from now.

    `raw_p50` and `raw_p90` are the model's own, before correction. `promise_left` is what remains
    of the p90 that was told first; below zero the customer has waited longer than that.
    """

    position: int
    serving: int
    p50: float
    p90: float
    raw_p50: float
    raw_p90: float
    promise_left: float

    @property
    def overdue(self) -> bool:
        """Say that it takes longer than expected, rather than promise again."""
        return self.promise_left < 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One promise made at the start of a wait and what came of it.

    `answered` is False for somebody who gave up: their wait would have been at least `waited`.
    """

    p50: float
    p90: float
    raw_p50: float
    raw_p90: float
    waited: float
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Correction:
    """Factors on the model's p50 and p90, learned from `learned_from` outcomes."""

    p50: float = 1.0
    p90: float = 1.0
    learned_from: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of waits that ended within the p50 and the p90 told at their start; good is 0.5 and
    0.9.

    Someone who gave up would have waited at least that long (Kaplan and Meier 1958): leaving them
    out, or counting them as served, would both be flattering or damning without ground.
    """

    within_p50: float | None
    within_p90: float | None
    counted: int


AS_IT_IS = Correction()


def estimate(
    position: int,
    handling_times: Sequence[float],
    serving: int,
    correction: Correction = AS_IT_IS,
) -> Estimate | None:
    """The wait of the `position`-th in line (1 is next), or None where nothing honest can be said.

    `handling_times`: recent ones in seconds, from accept to the end of wrap-up. `serving`: slots
    that agents on duty have for this work, in use or not.
    """
    if position < 1:
        raise ValueError("positions begin at 1")
    times = [time for time in handling_times if time > 0]
    if not times or serving < 1:
        return None
    mean_gap = math.fsum(times) / len(times) / serving
    raw_p50 = mean_gap * _gamma_quantile(position, 0.0)
    raw_p90 = mean_gap * _gamma_quantile(position, _Z90)
    p50 = raw_p50 * correction.p50
    p90 = max(p50, raw_p90 * correction.p90)
    return Estimate(position, serving, p50, p90, raw_p50, raw_p90, promise_left=p90)


def correction(recent: Sequence[Outcome]) -> Correction:
    """Factors that would have made recent promises come true, latest outcomes last.

    The ratio of wait to model at the share that was promised, with the one place of safety that a
    new case needs (split conformal prediction). Held between a fifth and five times the model.
    """
    outcomes = recent[-_RECENT:]
    if sum(one.answered for one in outcomes) < ENOUGH:
        return AS_IT_IS
    return Correction(
        _ratio_at(0.5, _ratios(outcomes, [one.raw_p50 for one in outcomes])),
        _ratio_at(0.9, _ratios(outcomes, [one.raw_p90 for one in outcomes])),
        len(outcomes),
    )


def learned(before: Correction, ended: Outcome) -> Correction:
    """The correction after one more wait has ended; kept per queue.

    Each broken promise lengthens the next a little, each kept one shortens it, in the proportion
    that holds still at the promised share (quantile tracking: Gibbs and Candes 2021). So the
    coverage comes right in the long run whatever the day does, which `correction` over a window
    cannot promise. Someone who gave up within the promise says nothing.
    """
    pace = max(_SLOWEST, 1 / (10 + before.learned_from))
    return Correction(
        _tracked(before.p50, 0.5, ended, ended.p50, pace),
        _tracked(before.p90, 0.9, ended, ended.p90, pace),
        before.learned_from + 1,
    )


def coverage(outcomes: Sequence[Outcome]) -> Coverage:
    """How often what was said came true."""
    return Coverage(
        _share_within(_ratios(outcomes, [one.p50 for one in outcomes])),
        _share_within(_ratios(outcomes, [one.p90 for one in outcomes])),
        len(outcomes),
    )


def remaining(previous: Estimate, fresh: Estimate | None, elapsed: float) -> Estimate:
    """What to show now, `elapsed` seconds after `previous` was shown.

    It grows only for a cause that can be named: the customer has been overtaken, or fewer people
    serve. Otherwise time alone never makes it longer: a fresh figure above the last one is not
    shown. Where nothing can be said any more, the last figure stays and runs down to nothing.
    """
    elapsed = max(0.0, elapsed)
    left = previous.promise_left - elapsed
    if fresh is None:
        p50, p90 = (max(0.0, told - elapsed) for told in (previous.p50, previous.p90))
        return replace(previous, p50=p50, p90=p90, promise_left=left)
    if fresh.position > previous.position or fresh.serving < previous.serving:
        return replace(fresh, promise_left=left)
    p50 = min(previous.p50, fresh.p50)
    p90 = max(p50, min(previous.p90, fresh.p90))
    return replace(fresh, p50=p50, p90=p90, promise_left=left)


def outcome(first_told: Estimate, waited: float, *, answered: bool = True) -> Outcome:
    """To be kept when a wait ends."""
    return Outcome(
        first_told.p50, first_told.p90, first_told.raw_p50, first_told.raw_p90, waited, answered
    )


def _tracked(factor: float, share: float, ended: Outcome, said: float, pace: float) -> float:
    kept = ended.waited <= said
    if kept and not ended.answered:
        return factor
    return min(_MOST, max(_LEAST, factor * math.exp(pace * (share - kept))))


def _ratios(outcomes: Sequence[Outcome], told: Sequence[float]) -> list[tuple[float, bool]]:
    """Wait over what was told, and whether it ended by an answer; sorted, answers first."""
    pairs = [
        (one.waited / said, one.answered)
        for one, said in zip(outcomes, told, strict=True)
        if said > 0
    ]
    return sorted(pairs, key=lambda pair: (pair[0], not pair[1]))


def _share_within(ratios: Sequence[tuple[float, bool]]) -> float | None:
    still = 1.0
    for n, (ratio, answered) in enumerate(ratios):
        if ratio > 1.0:
            break
        if answered:
            still *= 1 - 1 / (len(ratios) - n)
    return 1 - still if ratios else None


def _ratio_at(share: float, ratios: Sequence[tuple[float, bool]]) -> float:
    """The ratio by which `share` of the waits have ended, one case yet unseen waiting for ever."""
    still = 1.0
    found = 0.0
    for n, (ratio, answered) in enumerate(ratios):
        found = ratio
        if answered:
            still *= 1 - 1 / (len(ratios) + 1 - n)
        if 1 - still >= share - 1e-12:
            break
    return min(_MOST, max(_LEAST, found))


def _gamma_quantile(shape: int, z: float) -> float:
    """Quantile of a gamma distribution of scale 1 at the normal quantile `z` (Wilson and Hilferty
    1931).
    """
    if shape == 1:
        return math.log(2) if z == 0.0 else math.log(10)
    spread = 1 / (9 * shape)
    return float(shape * (1 - spread + z * math.sqrt(spread)) ** 3)
