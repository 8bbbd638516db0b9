"""One route while it is being improved: never changed, always made anew, and remembering answers.

A tour keeps for each job that was ever asked for the best place to put it. Most plans a search
tries are given up again, so the same tours come back and their answers with them. Without breaks
and rush hours a tour is plain lists; otherwise `timing.walk` does the walking. Not for deciding
what to try: that is `improving`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from helpdesk.field_service import timing
from helpdesk.field_service.ground import Ground

NEVER = timing.NEVER
Best = tuple[int, int]  # what it costs to put a job there, and the position; NEVER where it can't
Pins = Mapping[int, tuple[int, int]]
NONE: Pins = {}
NO_PLACE: Best = NEVER, 0
NO_ROOM: list[int] = []


class Tour:
    """Jobs `seq` of shift `v`. `pins` are start limits of those that other routes depend on.

    `ready[p]` and `last[p]` hold leg p between `nodes[p]` and the next: when it may begin at the
    earliest, and when the stop after it starts at the latest. `cost` is driving, lateness, overtime
    and changes; NEVER where the tour can't be driven.
    """

    __slots__ = (
        "best", "cost", "ground", "last", "legs", "moved", "nodes", "pins", "ready", "room", "seq",
        "v", "walk",
    )  # fmt: skip

    def __init__(
        self,
        ground: Ground,
        v: int,
        seq: list[int],
        pins: Pins = NONE,
        like: "Tour | None" = None,
        kept: tuple[int, int] = (0, 0),
    ) -> None:
        """Where it is `like` another, so many stops at its beginning and end are `kept`."""
        self.ground, self.v, self.seq, self.pins = ground, v, seq, pins
        self.best: dict[int, Best] = {}
        self.walk: timing.Walk | None = None
        self.room = _room(ground, v, seq) if ground.any_parts else NO_ROOM
        at, work = ground.at, ground.work
        if like is None or like.walk is not None or like.cost >= NEVER:
            self.nodes = nodes = [ground.origin[v], *[at[x] for x in seq], ground.home[v]]
            self.legs = [work[a][b] for a, b in pairwise(nodes)]
            ready, last = [ground.shifts[v].leaves], [ground.shifts[v].last_end]
        else:
            front, back = kept
            end = len(like.seq) - back
            middle = [at[x] for x in seq[front : len(seq) - back]]
            self.nodes = like.nodes[: front + 1] + middle + like.nodes[end + 1 :]
            new = self.nodes[front : front + len(middle) + 2]
            legs = [work[a][b] for a, b in pairwise(new)]
            self.legs = like.legs[:front] + legs + like.legs[end + 1 :]
            ready, last = like.ready[: front + 1], like.last[end:]
        if ground.plain[v]:
            self._walk_plain(ready, last)
        else:
            self._walk()

    def _limits(self) -> list[tuple[int, int, int]]:
        early, late, duration = self.ground.early, self.ground.late, self.ground.duration
        limits = [(early[x], late[x], duration[x]) for x in self.seq]
        for n, x in enumerate(self.seq):
            if x in self.pins:
                limits[n] = (*self.pins[x], duration[x])
        return limits

    def _walk_plain(self, ready: list[int], last: list[int]) -> None:
        """Ready times forwards, latest starts backwards, from what is known of both."""
        ground, legs, seq = self.ground, self.legs, self.seq
        duration = ground.duration
        early, late = _pinned(self.pins, ground.early, 0), _pinned(self.pins, ground.late, 1)
        n, home_at = len(seq), NEVER
        at = ready[-1]
        for p in range(len(ready) - 1, n):
            x = seq[p]
            at += legs[p]
            if at < early[x]:
                at = early[x]
            elif at > late[x]:
                break
            at += duration[x]
            ready.append(at)
        else:
            home_at = at + legs[n]
        by = last[0]
        back = []
        for p in range(n - len(last), -1, -1):
            x = seq[p]
            by -= legs[p + 1] + duration[x]
            if by > late[x]:
                by = late[x]
            back.append(by)
        back.reverse()
        self.ready, self.last = ready, back + last
        self._price(ready, home_at if home_at <= ground.shifts[self.v].last_end else NEVER)

    def _walk(self) -> None:
        ground, v = self.ground, self.v
        shift = ground.shifts[v]
        walk = timing.walk(
            self.nodes, self._limits(), ground.breaks[v], shift.leaves, shift.last_end, ground.legs
        )
        self.walk = walk
        self.ready = [min(at) for at in zip(*walk.ready, strict=True)]
        self.last = [max(by) for by in zip(*walk.last, strict=True)][1:]
        self._price(_ready_times(walk, len(self.seq)), walk.home_at)

    def _price(self, ready: Sequence[int], home_at: int) -> None:
        ground, weights = self.ground, self.ground.weights
        self.moved: list[int] = []
        if home_at >= NEVER or (self.room and min(self.room) < 0):
            self.cost = NEVER
            return
        cost = sum(self.legs) * weights.travel
        overtime = home_at - ground.shifts[self.v].ends
        if overtime > 0:
            cost += overtime * weights.overtime
        extra = ground.extra[self.v]
        if extra:
            cost += sum([extra.get(x, 0) for x in self.seq])
        if ground.any_soft:
            cost += weights.late * self._late(ready)
        if ground.told:
            cost += self._changes(ready)
        self.cost = cost

    def _changes(self, ready: Sequence[int]) -> int:
        """Notes the visits that are not as they were; what other times cost."""
        ground, known, v = self.ground, self.ground.known, self.v
        tolerance, duration, shifted = ground.weights.tolerance_s, ground.duration, 0
        for n, x in enumerate(self.seq, 1):
            if x in known:
                shifts, start = known[x]
                late = abs(ready[n] - duration[x] - start) > tolerance
                shifted += late
                if late or v not in shifts:
                    self.moved.append(x)
        return shifted * ground.weights.time

    def _late(self, ready: Sequence[int]) -> int:
        late = 0
        for n, x in enumerate(self.seq, 1):
            limit = self.ground.soft[x]
            if limit is not None:
                late += max(ready[n] - self.ground.duration[x] - limit, 0)
        return late

    def best_for(self, x: int) -> Best:
        """The cheapest position for a job and what it adds; NEVER where there is none."""
        found = self.best.get(x)
        if found is None:
            found = self.best[x] = self._look(x)
        return found

    def _look(self, x: int) -> Best:
        ground = self.ground
        if not ground.fits[self.v][x]:
            return NO_PLACE
        room = self.room
        for part, count in ground.parts[x]:
            if room[part] < count:
                return NO_PLACE
        if self.walk is None:
            return self._look_plain(x)
        spots = self.spots(x, ground.early[x], ground.late[x])
        return min(((cost, position) for position, _, _, cost in spots), default=NO_PLACE)

    def _look_plain(self, x: int) -> Best:
        ground, ready, last, nodes, legs = self.ground, self.ready, self.last, self.nodes, self.legs
        into, out = ground.into[x], ground.out[x]
        early, late, duration = ground.early[x], ground.late[x], ground.duration[x]
        first = bisect_left(last, early + duration, ground.frozen[self.v])
        best, position = NEVER, 0
        if self.cost >= NEVER:
            return NO_PLACE
        for p in range(first, bisect_right(ready, late)):
            to, fro = into[nodes[p]], out[nodes[p + 1]]
            cost = to + fro - legs[p]
            if cost < best:
                starts = ready[p] + to
                if starts < early:
                    starts = early
                elif starts > late:
                    continue
                if starts + duration + fro <= last[p]:
                    best, position = cost, p
        if best >= NEVER:
            return NO_PLACE
        extra = ground.extra[self.v]
        best *= ground.weights.travel
        return (best + extra.get(x, 0) if extra else best), position

    def spots(self, x: int, early: int, late: int) -> list[tuple[int, int, int, int]]:
        """Every position with the earliest and latest start it allows, and what it adds."""
        ground, v = self.ground, self.v
        if not ground.fits[v][x] or any(self.room[part] < c for part, c in ground.parts[x]):
            return []
        extra, duration, fastest = ground.extra[v].get(x, 0), ground.duration[x], ground.fastest
        into, out = ground.into[x], ground.out[x]
        found = []
        for p in range(ground.frozen[v], len(self.seq) + 1):
            to, fro = into[self.nodes[p]], out[self.nodes[p + 1]]
            least = max(self.ready[p] + to * fastest, early) + duration + fro * fastest
            if self.ready[p] > late or least > self.last[p] + 2:
                continue
            added = to + fro - self.legs[p]
            found += [
                (p, max(low, early), min(high, late), added * ground.weights.travel + extra)
                for low, high in self._spans(x, p)
                if max(low, early) <= min(high, late)
            ]
        return found

    def _spans(self, x: int, p: int) -> list[tuple[int, int]]:
        """Earliest and latest starts on one leg, for each way to take breaks around the job."""
        ground, legs = self.ground, self.ground.legs
        breaks, duration = ground.breaks[self.v], ground.duration[x]
        a, b, at = self.nodes[p], self.nodes[p + 1], ground.at[x]
        if self.walk is None:
            return [(legs.go(a, at, self.ready[p]), legs.back(at, b, self.last[p]) - duration)]
        found = []
        ready, last = self.walk.ready, self.walk.last
        for k in range(len(ready)):
            if ready[k][p] >= NEVER:
                continue
            for m in range(k, len(ready)):
                low = timing.across(legs, a, at, ready[k][p], breaks[k:m])
                if low >= NEVER:
                    continue
                for q in range(m, len(ready)):
                    if last[q][p + 1] > -NEVER:
                        high = timing.across_back(legs, at, b, last[q][p + 1], breaks[m:q])
                        found.append((low, high - duration))
        return found

    def with_job(self, p: int, x: int, pin: tuple[int, int] | None = None) -> "Tour":
        """With a job put in at a position."""
        seq = self.seq
        pins = self.pins if pin is None else {**self.pins, x: pin}
        made = seq[:p]
        made.append(x)
        made += seq[p:]
        return Tour(self.ground, self.v, made, pins, self, (p, len(seq) - p))

    def without(self, gone: Collection[int]) -> "Tour":
        """Without some of its jobs."""
        pins, seq = self.pins, self.seq
        if pins:
            pins = {x: pin for x, pin in pins.items() if x not in gone}
        left = [n for n, x in enumerate(seq) if x in gone]
        kept = (left[0], len(seq) - left[-1] - 1) if left else (len(seq), 0)
        return Tour(self.ground, self.v, [x for x in seq if x not in gone], pins, self, kept)


def _room(ground: Ground, v: int, seq: Sequence[int]) -> list[int]:
    """What is left of each part in the van."""
    room = ground.stock[v].copy()
    for x in seq:
        for part, count in ground.parts[x]:
            room[part] -= count
    return room


def _pinned(pins: Pins, limits: Sequence[int], side: int) -> Sequence[int]:
    if not pins:
        return limits
    held = list(limits)
    for x, pin in pins.items():
        held[x] = pin[side]
    return held


def _ready_times(walk: timing.Walk, stops: int) -> list[int]:
    """When each stop is done on the walk that is home first."""
    k = len(walk.ready) - 1
    times = [0] * (stops + 1)
    for i in range(stops + 1, 0, -1):
        k = walk.came[k][i]
        times[i - 1] = walk.ready[k][i - 1]
    return times
