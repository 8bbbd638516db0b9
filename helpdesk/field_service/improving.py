"""Makes a plan better by taking out what lies together and putting it back in.

Slack induction by string removals: strings of neighbouring stops are taken out of a few routes
close to each other, and put back greedily, each at its cheapest place, sometimes blinking; worse
plans are accepted for a while (simulated annealing). Source: J. Christiaens and G. Vanden Berghe,
Transportation Science 54 (2020). The same plan, seed and number of rounds give the same answer: no
clock is read here. Not for what a single event needs (`repairing`), and not the judge of what comes
out (`checking`).
"""

from collections.abc import Callable
from itertools import count
from math import log
from random import Random

from helpdesk.field_service import checking, timing
from helpdesk.field_service.difference import standings
from helpdesk.field_service.ground import Ground
from helpdesk.field_service.linking import Linking
from helpdesk.field_service.plan import Plan, Travel
from helpdesk.field_service.state import State, as_plan, of_plan
from helpdesk.field_service.tours import NEVER, Tour
from helpdesk.field_service.weights import DEFAULT, Weights

TAKEN = 10  # jobs a round takes out, on average
LONGEST = 10  # jobs of one string at most
BLINK = 0.01
SPLIT = 0.5
AROUND = 80  # neighbours looked through for routes to take from
HOT, COLD = 0.005, 0.0002  # temperatures, as shares of the cost of driving
LOOKED_AT = 30  # plans, from the best down, until one passes the checker
EVERY = 64  # rounds between two looks at how much is spent
LINKED_SHARE = 0.05


def improve(
    plan: Plan,
    travel: Travel,
    *,
    seed: int = 1,
    rounds: int = 2000,
    spent: Callable[[], float] | None = None,
    weights: Weights = DEFAULT,
    change_budget: int | None = None,
    hot: float = HOT,
) -> Plan:
    """A plan at least as good as this one, with all its rules held.

    Ends after `rounds`, or when `spent()` (share of the time allowed, from 0 to 1) says 1. `hot` is
    how far it strays at first: little where there are few rounds. With `change_budget` at most so
    many visits get another technician or another time. What comes out is checked; where the checker
    objects, the next best counts, or the plan stays as it was.
    """
    ground = Ground(plan, travel, weights, changes=change_budget is not None)
    search = Search(ground, seed, change_budget)
    for state in reversed(search.run(rounds, spent, hot)[-LOOKED_AT:]):
        made = as_plan(ground, state)
        few = change_budget is None or changed(plan, made, travel, weights) <= change_budget
        if few and not checking.faults(made, travel, plan):
            return made
    return plan


def changed(before: Plan, after: Plan, travel: Travel, weights: Weights = DEFAULT) -> int:
    """Visits that were planned and have other technicians, a start beyond tolerance, or none."""
    was = standings(before, timing.days(before, travel))
    now = standings(after, timing.days(after, travel))
    return sum(
        key not in now
        or now[key].shifts != one.shifts
        or abs(now[key].starts - one.starts) > weights.tolerance_s
        for key, one in was.items()
    )


class Search:
    """One search through plans; see `improve`."""

    def __init__(self, ground: Ground, seed: int, change_budget: int | None = None) -> None:
        self.ground, self.rng = ground, Random(seed)
        self.budget = change_budget
        self.linking = Linking(ground)
        self.near = ground.near(AROUND)
        self.state = of_plan(ground)
        self.orders = _orders(ground)

    def run(self, rounds: int, spent: Callable[[], float] | None, hot: float = HOT) -> list[State]:
        """The best plan met, and those that were the best before it. Begins with putting in what is
        left over."""
        now = self._within(self.recreate(self.state), self.state)
        best = [now]
        if not self.ground.jobs:
            return best
        scale = max(sum(t.cost for t in now.tours if t.cost < NEVER), 1)
        random, share = self.rng.random, 0.0
        for n in count() if spent is not None else range(rounds):
            if n % EVERY == 0:
                share = n / rounds if spent is None else spent()
                if share >= 1:
                    break
                heat = scale * hot * (COLD / hot) ** share
            tried = self._within(self.recreate(self.ruin(now)), now)
            if tried.cost < now.cost - heat * log(random() or 1e-12):
                now = tried
                if tried.cost < best[-1].cost:
                    best.append(tried)
        return best

    def _within(self, tried: State, now: State) -> State:
        """The plan tried, unless it moves more visits than may be moved."""
        if self.budget is None or tried.moved(self.ground) <= self.budget:
            return tried
        return now

    def ruin(self, state: State) -> State:
        """Takes strings of neighbouring jobs out of routes close to each other."""
        rng, ground = self.rng, self.ground
        if self.linking.any and rng.random() < LINKED_SHARE:
            return self.linking.taken_out(state, rng)
        seed = rng.randrange(len(ground.jobs))
        used = [tour for tour in state.tours if tour.seq]
        if not used:
            return state
        stops = sum(len(tour.seq) for tour in used)
        longest = min(LONGEST, stops / len(used))
        most = 4 * TAKEN / (1 + longest) - 1
        strings = int(rng.random() * most + 1)
        tours, absent = list(state.tours), list(state.absent)
        where, ruined = state.where(), set()
        for x in self.near[seed]:
            v = where.get(x)
            if v is None or v in ruined or ground.linked[x]:
                continue
            gone = self._string(tours[v], x, longest)
            ruined.add(v)
            if gone:
                tours[v] = tours[v].without(gone)
                absent += gone
            if len(ruined) >= strings:
                break
        return State(ground, tours, absent)

    def _string(self, tour: Tour, x: int, longest: float) -> list[int]:
        """A run of stops around x, sometimes with some of them kept in its middle."""
        rng, frozen = self.rng, self.ground.frozen[tour.v]
        size = len(tour.seq)
        taken = int(rng.random() * min(longest, size) + 1)
        at = tour.seq.index(x)
        if at < frozen:
            return []
        kept = 0
        if taken > 1 and rng.random() < SPLIT:
            while taken + kept < size and rng.random() > BLINK:
                kept += 1
                if rng.random() > 0.5:
                    break
        run = taken + kept
        low = max(at - run + 1, frozen, 0)
        high = max(min(at, size - run), low)
        first = rng.randint(low, high)
        gone = list(tour.seq[first : first + run])
        if kept:
            skip = rng.randint(0, max(len(gone) - kept, 0))
            gone = gone[:skip] + gone[skip + kept :]
        return [one for one in gone if not self.ground.linked[one]]

    def recreate(self, state: State) -> State:
        """Puts what is left over back in, each at its cheapest place."""
        state = self.linking.put_in(state)
        ground, rng = self.ground, self.rng
        tours, left = list(state.tours), []
        absent = sorted(state.absent, key=self._order())
        used = [v for v, tour in enumerate(tours) if tour.seq]
        empty = self._empty(tours)
        random = rng.random
        for x in absent:
            if ground.linked[x]:
                left.append(x)
                continue
            best, position, chosen = ground.left_out[x], 0, -1
            for v in (*used, *empty):
                if random() < BLINK:
                    continue
                tour = tours[v]
                found = tour.best.get(x) or tour.best_for(x)
                if found[0] < best:
                    (best, position), chosen = found, v
            if chosen < 0:
                left.append(x)
                continue
            was_empty = not tours[chosen].seq
            tours[chosen] = tours[chosen].with_job(position, x)
            if was_empty:
                used.append(chosen)
                empty = self._empty(tours)
        return State(ground, tours, left)

    def _empty(self, tours: list[Tour]) -> list[int]:
        """One empty tour of each kind: the others would answer the same."""
        kinds: dict[object, int] = {}
        for v, tour in enumerate(tours):
            if not tour.seq:
                kinds.setdefault(self.ground.kind[v], v)
        return list(kinds.values())

    def _order(self) -> Callable[[int], float]:
        """In which order jobs are put back: at random, or what is hard to place first."""
        n = self.rng.random()
        for share, order in self.orders:
            n -= share
            if n < 0:
                return order
        rng = self.rng
        return lambda x: rng.random()


def _orders(ground: Ground) -> list[tuple[float, Callable[[int], float]]]:
    """Orders and how often each is taken; what is left is at random."""
    depot = (
        [min(ground.out[x][p] for p in ground.origin) for x in range(len(ground.jobs))]
        if (ground.origin)
        else []
    )
    width = [late - early for early, late in zip(ground.early, ground.late, strict=True)]
    load = [-ground.duration[x] - sum(c for _, c in ground.parts[x]) for x in range(len(width))]
    return [
        (0.2, load.__getitem__),
        (0.15, [-far for far in depot].__getitem__),
        (0.08, depot.__getitem__),
        (0.15, width.__getitem__),
        (0.08, ground.early.__getitem__),
        (0.08, [-late for late in ground.late].__getitem__),
    ]
