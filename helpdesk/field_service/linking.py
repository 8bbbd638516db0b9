"""Jobs that concern several routes while a plan is improved: crews, and what waits for what.

Each keeps a start, or limits for it, in every route it stands in (`Tour.pins`), so the routes can
be changed one by one. They are taken out and put in here alone, together with what waits for them.
"""

from random import Random

from helpdesk.field_service import crews
from helpdesk.field_service.crews import Spot
from helpdesk.field_service.ground import Ground
from helpdesk.field_service.state import State
from helpdesk.field_service.tours import NEVER, Tour


class Linking:
    """Takes linked jobs out of plans and puts them in."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.linked = [x for x, one in enumerate(ground.linked) if one]
        self.any = bool(self.linked)
        self.order = {x: self._depth(x) for x in self.linked}

    def _depth(self, x: int, seen: frozenset[int] = frozenset()) -> int:
        before = [one for one in self.ground.awaits[x] if one not in seen]
        return 1 + max((self._depth(one, seen | {x}) for one in before), default=0)

    def taken_out(self, state: State, rng: Random) -> State:
        """Without one linked job and all that waits for it; as it was where one of them is held."""
        gone = self._with_followers(rng.choice(self.linked)) - set(state.absent)
        held = {x for t in state.tours for x in t.seq[: self.ground.frozen[t.v]]}
        if not gone or gone & held:
            return state
        tours = [t.without(list(gone)) if gone & set(t.seq) else t for t in state.tours]
        return State(self.ground, tours, [*state.absent, *sorted(gone)])

    def _with_followers(self, x: int) -> set[int]:
        found, ahead = {x}, [x]
        while ahead:
            new = [one for one in self.ground.awaited_by[ahead.pop()] if one not in found]
            found.update(new)
            ahead += new
        return found

    def put_in(self, state: State) -> State:
        """With every linked job that was left out and fits, those that others wait for first."""
        waiting = [x for x in state.absent if self.ground.linked[x]]
        if not waiting:
            return state
        tours, absent = list(state.tours), set(state.absent)
        for x in sorted(waiting, key=lambda x: (self.order[x], self.ground.left_out[x] * -1, x)):
            if not absent.intersection(self.ground.awaits[x]) and self.put(tours, x):
                absent.discard(x)
        return State(self.ground, tours, [x for x in state.absent if x in absent])

    def put(self, tours: list[Tour], x: int) -> bool:
        """Puts one linked job into the cheapest tours that can start it together, if any."""
        ground, job = self.ground, self.ground.jobs[x]
        early = max([ground.early[x], *self._ends(tours, x)])
        spots = sorted(
            (
                Spot(tour.v, p, low, high, cost, cost)
                for tour in tours
                if tour.cost < NEVER
                for p, low, high, cost in tour.spots(x, early, ground.late[x])
            ),
            key=lambda spot: (spot.cost, spot.row, spot.position),
        )
        found = crews.groups(spots, job.crew, lambda v: ground.shifts[v].technician_id)
        if not found:
            return False
        at = max(spot.low for spot in found[0])
        together = job.crew > 1
        high = at if together or ground.awaited_by[x] else ground.late[x]
        pin = (at if together else early, high)
        made = [tours[spot.row].with_job(spot.position, x, pin) for spot in found[0]]
        if any(tour.cost >= NEVER for tour in made):
            return False
        for tour in made:
            tours[tour.v] = tour
        return True

    def _ends(self, tours: list[Tour], x: int) -> list[int]:
        """When what this job waits for is done at the latest."""
        ends = []
        for one in self.ground.awaits[x]:
            pins = [tour.pins[one] for tour in tours if one in tour.pins]
            ends += [high + self.ground.duration[one] for _, high in pins]
        return ends
