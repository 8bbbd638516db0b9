"""The booking engine: which windows can be promised for a job, what each costs, or why none.

Insertion into the plan as it stands, exact on travel, shifts, breaks, skills, parts, windows and
crews; what is offered was driven through once more by `timing`. The caller keeps the board and
settles races: an offer is a proposal until the plan's version is compared and set. Words are in
`pricing`, a No is reasoned in `refusing`. Not for moving what is planned: near misses are told, so
that a job may solve them anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from helpdesk.field_service import crews, refusing, timing
from helpdesk.field_service.board import Board
from helpdesk.field_service.crews import Spot
from helpdesk.field_service.insertion import Reach, reach
from helpdesk.field_service.plan import Job, Route
from helpdesk.field_service.refusing import Refusal


@dataclass(frozen=True, slots=True)
class Window:
    """An arrival window that may be promised: the service starts within [starts, ends]."""

    id: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How windows are chosen. Times in seconds.

    `lead_s`: nothing starts sooner than this from now. `spread_s`: beyond the fewest, no window
    that adds so much more driving than the best. `prefers_s`: what a preferred technician is worth
    in driving. `near_s`: how much may be missing for a near miss.
    """

    fewest: int = 3
    most: int = 6
    days: int = 2
    lead_s: int = 0
    most_added_s: int | None = None
    spread_s: int | None = 2700
    prefers_s: int = 900
    last_slack_s: int = 900
    near_s: int = 3600


@dataclass(frozen=True, slots=True)
class Slot:
    """One window on offer, and by whom, where and when it would be done."""

    window: Window
    day: str
    shifts: tuple[str, ...]
    technicians: tuple[str, ...]
    positions: tuple[int, ...]
    starts: int
    added_travel_s: int
    slack_left_s: int
    uses_last_slack: bool
    before_due: bool
    preferred: bool = False
    travel_source: str = ""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A window that fails by `short_s` seconds on that shift; solving anew may open it."""

    window: Window
    shift_id: str
    short_s: int


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be promised, best first; else why not. `missed`: windows that nothing fits."""

    items: tuple[Slot, ...]
    refusal: Refusal | None = None
    missed: tuple[Window, ...] = ()


Draft: TypeAlias = tuple[Slot, tuple[Spot, ...]]


def offers(
    board: Board, job: Job, windows: Sequence[Window], now: int, rules: Rules = Rules()
) -> Offers:
    """Three to six windows over at least two days where possible, or a reasoned No."""
    job = _waiting(board, job, now + rules.lead_s)
    known = reach(board, job, prefers_s=rules.prefers_s)
    drafts = {window: found for window in windows if (found := _drafts(known, job, window, rules))}
    items = _certain(board, job, drafts, rules)
    missed = tuple(window for window in windows if window not in drafts)
    if items:
        return Offers(items, None, missed)
    return Offers((), refusing.refusal(board, job, windows, rules.near_s), missed)


def accepted(board: Board, job: Job, slot: Slot) -> tuple[Job, tuple[Route, ...]]:
    """The job with its window promised, and the routes that then hold it."""
    promised = replace(job.within(slot.window.starts, slot.window.ends), promised=True)
    routes = (board.plan.routes[s] for s in slot.shifts)
    return promised, tuple(
        route.inserted(position, promised)
        for route, position in zip(routes, slot.positions, strict=True)
    )


def choose(slots: Iterable[Slot], rules: Rules) -> tuple[Slot, ...]:
    """Best first by due date, driving and slack, but not all on one day."""
    ranked = sorted(slots, key=_rank)
    best = ranked[0].added_travel_s
    chosen: list[Slot] = []
    for day in list(dict.fromkeys(slot.day for slot in ranked))[: rules.days]:
        chosen.append(next(slot for slot in ranked if slot.day == day))
    for slot in ranked:
        dear = rules.spread_s is not None and slot.added_travel_s > best + rules.spread_s
        if slot not in chosen and len(chosen) < (rules.fewest if dear else rules.most):
            chosen.append(slot)
    return tuple(sorted(chosen[: rules.most], key=_rank))


def _rank(slot: Slot) -> tuple[bool, int, int, int, str]:
    """In time for the due date, then driving to the five minutes, then slack."""
    dear = slot.added_travel_s // 300 - 2 * slot.preferred
    return not slot.before_due, dear, -min(slot.slack_left_s, 7200), slot.starts, slot.window.id


def _waiting(board: Board, job: Job, soonest: int) -> Job:
    """Not before now, nor before what it waits for is done."""
    ends = [_end(board, one) for one in job.after]
    return replace(job, earliest=max([job.earliest, soonest, *ends]))


def _end(board: Board, job_id: str) -> int:
    """When a job is done: never while it is not planned, long ago where the board knows it not."""
    if any(job.id == job_id for job in board.plan.unplanned):
        return timing.NEVER
    for row in board.rows:
        for at, job in enumerate(row.tied.jobs, 1):
            if job.id == job_id:
                return min(layer[at] for layer in row.walk.ready)
    return 0


def _drafts(known: Reach, job: Job, window: Window, rules: Rules) -> list[Draft]:
    """Insertions of one window, cheapest first, as the arrays tell them."""
    if job.crew > 1:
        spots = known.spots(window.starts, window.ends, None)
        groups = crews.groups(spots, job.crew, known.board.technicians.__getitem__)
    else:
        groups = [(spot,) for spot in known.spots(window.starts, window.ends)]
    most = rules.most_added_s
    return [
        (_slot(known.board, job, window, group, rules), group)
        for group in groups
        if most is None or sum(spot.added_s for spot in group) <= most
    ]


def _certain(
    board: Board, job: Job, drafts: dict[Window, list[Draft]], rules: Rules
) -> tuple[Slot, ...]:
    """Chooses, drives what was chosen, and chooses anew where a drive came out otherwise."""
    sure: dict[Window, Slot] = {}
    while drafts:
        chosen = choose([sure.get(w, found[0][0]) for w, found in drafts.items()], rules)
        unsure = [slot.window for slot in chosen if slot.window not in sure]
        if not unsure:
            return chosen
        for window in unsure:
            slot = _best_driven(board, job, drafts[window], rules)
            if slot is None:
                del drafts[window]
            else:
                sure[window] = slot
    return ()


def _best_driven(board: Board, job: Job, drafts: Sequence[Draft], rules: Rules) -> Slot | None:
    """The cheapest that can be driven. With an even pace the first one is; with bands, all are
    driven, because the arrays only come near what they cost."""
    found = []
    for slot, spots in drafts[:2] if board.bands.rows else drafts:
        driven = _driven(board, job, slot, spots, rules)
        if driven is not None:
            found.append(driven)
            if not board.bands.rows:
                break
    return min(found, key=lambda s: s.added_travel_s - rules.prefers_s * s.preferred, default=None)


def _slot(board: Board, job: Job, window: Window, spots: Sequence[Spot], rules: Rules) -> Slot:
    starts = max(spot.low for spot in spots)
    slack = min(spot.high for spot in spots) - starts
    shifts = [board.rows[spot.row].route.shift for spot in spots]
    technicians = tuple(shift.technician_id for shift in shifts)
    return Slot(
        window=window,
        day=shifts[0].day,
        shifts=tuple(shift.id for shift in shifts),
        technicians=technicians,
        positions=tuple(spot.position for spot in spots),
        starts=starts,
        added_travel_s=sum(spot.added_s for spot in spots),
        slack_left_s=slack,
        uses_last_slack=slack < rules.last_slack_s,
        before_due=job.due is None or starts + job.duration_s <= job.due,
        preferred=job.prefers in technicians,
        travel_source=board.travel.source,
    )


def _driven(board: Board, job: Job, slot: Slot, spots: Sequence[Spot], rules: Rules) -> Slot | None:
    """The slot as `timing` has it, or None where a route can't be driven with the job in it."""
    inside = job.within(slot.window.starts, slot.window.ends)
    if len(spots) > 1:
        inside = inside.within(slot.starts, slot.starts)
    starts, added = 0, 0
    for spot in spots:
        row = board.rows[spot.row]
        day = timing.day(row.tied.inserted(spot.position, inside), board.travel)
        if day.late:
            return None
        starts = max(starts, day.stops[spot.position].starts)
        added += day.travel_s - row.travel_s
    slack = max(slot.starts + slot.slack_left_s - starts, 0)
    return replace(
        slot,
        starts=starts,
        added_travel_s=added,
        slack_left_s=slack,
        uses_last_slack=slack < rules.last_slack_s,
        before_due=job.due is None or starts + job.duration_s <= job.due,
    )


def near_misses(
    board: Board, job: Job, missed: Iterable[Window], now: int, rules: Rules = Rules()
) -> tuple[NearMiss, ...]:
    """Of the windows an offer missed those that fail by little, the nearest first."""
    known = reach(board, _waiting(board, job, now + rules.lead_s), rules.near_s)
    near = []
    for window in missed:
        miss = known.shortest_miss(window.starts, window.ends)
        if miss is not None and miss[0] <= rules.near_s:
            shift = known.board.rows[miss[1]].route.shift.id
            near.append(NearMiss(window, shift, max(miss[0], 1)))
    return tuple(sorted(near, key=lambda one: (one.short_s, one.window.starts, one.window.id)))
