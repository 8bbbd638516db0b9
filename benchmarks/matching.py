"""How long one routing decision takes in memory, for a small floor and a large one.

Not for the whole way from a chat to an offer: that includes the database and is measured elsewhere.
Run with `python benchmarks/matching.py`; `--quick` for a look. Every figure is taken with 50,000
items waiting.

Three things are timed, each with all that belongs to it: an agent gets free   the slot is given
back, the first fitting item of 50,000 found, its agent chosen, slot taken an item arrives      it
is put in line, the best of all free agents chosen, slot taken the decision alone
`next_decision()` of the first, without giving the slot back
"""

import argparse
import gc
import random
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpdesk.routing.board import Board
from helpdesk.routing.state import AgentState, Queue, WorkItem
from helpdesk.routing.strategies import BEST_SKILL, LONGEST_IDLE, weighted

SIGNATURES = 500
WAITING = 50_000
NOW = 1_700_000_000.0
SKILLS = [f"skill-{n}" for n in range(30)]
QUEUES = [f"queue-{n}" for n in range(10)]


def signatures(rng: random.Random) -> list[tuple[dict[str, int], frozenset[str]]]:
    """Distinct skill sets of 4-10 skills with 1-3 queues."""
    seen: dict[object, tuple[dict[str, int], frozenset[str]]] = {}
    while len(seen) < SIGNATURES:
        skills = {s: rng.randint(1, 5) for s in rng.sample(SKILLS, rng.randint(4, 10))}
        queues = frozenset(rng.sample(QUEUES, rng.randint(1, 3)))
        seen[frozenset(skills.items()), queues] = skills, queues
    return list(seen.values())


def wanted(rng: random.Random) -> list[tuple[dict[str, int], str]]:
    """Distinct requirements of 0-2 skills in a queue."""
    seen: dict[object, tuple[dict[str, int], str]] = {}
    while len(seen) < SIGNATURES:
        skills = {s: rng.randint(1, 4) for s in rng.sample(SKILLS, rng.choice([0, 1, 1, 2]))}
        queue = rng.choice(QUEUES)
        seen[frozenset(skills.items()), queue] = skills, queue
    return list(seen.values())


class Floor:
    """A floor at work: chat slots are full and 50,000 chats wait; e-mail slots are free.

    Eight of the ten queues take the longest idle agent, one the best skill, one weighs.
    """

    def __init__(self, agents: int, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        strategies = [LONGEST_IDLE] * 8 + [BEST_SKILL, weighted(idle=1, load=10, skill=2)]
        queues = {q: Queue(q, strategy=s) for q, s in zip(QUEUES, strategies, strict=True)}
        sets = signatures(rng)
        self.asked = wanted(rng)
        self.now = NOW
        self.count = 0
        people = []
        for n in range(agents):
            skills, of = sets[n % SIGNATURES]
            people.append(
                AgentState(
                    f"agent-{n:05}",
                    queues=of,
                    skills=skills,
                    slots={"chat": 4, "email": 2},
                    used={"chat": 4},
                    idle_since=NOW - rng.random() * 3600,
                    handled_today=rng.randint(0, 30),
                )
            )
        self.people = [agent.id for agent in people]
        waiting = [self.item("chat", NOW - rng.random() * 7200) for _ in range(WAITING)]
        self.board = Board(queues, NOW, items=waiting, agents=people)
        if self.board.settle():
            raise AssertionError("the floor should begin settled")

    def item(self, channel: str, since: float) -> WorkItem:
        skills, queue = self.rng.choice(self.asked)
        self.count += 1
        head_start = self.rng.choice([0.0, 0.0, 0.0, 120.0])
        return WorkItem(f"item-{self.count:07}", channel, queue, since, head_start, skills=skills)

    def agent_gets_free(self) -> tuple[int, int] | None:
        """Nanoseconds with and without giving the slot back, or None where nothing fitted.

        One that asks the same takes the item's place, so that 50,000 of the same mixture wait
        throughout.
        """
        self.now += 0.01
        agent = self.rng.choice(self.people)
        board = self.board
        board.advance(self.now)
        begun = perf_counter_ns()
        board.finished(agent, "chat", self.now)
        freed = perf_counter_ns()
        pick = board.next_decision()
        done = perf_counter_ns()
        if pick is None:
            board.agent_changed(replace(board.agent(agent), used={"chat": 4}))
            board.settle()
            return None
        self.count += 1
        again = replace(pick.item, id=f"item-{self.count:07}", waiting_since=self.now)
        board.add_item(again)
        board.settle()
        if board.waiting() != WAITING:
            raise AssertionError("the line should stay as long as it was")
        return done - begun, done - freed

    def item_arrives(self) -> int | None:
        """Nanoseconds, or None where nobody fitted."""
        self.now += 0.01
        item = self.item("email", self.now)
        board = self.board
        board.advance(self.now)
        begun = perf_counter_ns()
        board.add_item(item)
        pick = board.next_decision()
        took = perf_counter_ns() - begun
        if pick is None:
            board.remove_item(item.id)
            return None
        board.finished(pick.agent, "email", self.now)
        board.settle()
        return took


def percentiles(sample: list[int]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(sample, n=100, method="inclusive")
    return cuts[49] / 1000, cuts[89] / 1000, cuts[98] / 1000


def measure(
    once: Callable[[], int | None], decisions: int, repeats: int
) -> list[tuple[float, ...]]:
    """Percentiles of each repeat, over the decisions that led to an offer."""
    runs = []
    for _ in range(repeats):
        sample: list[int] = []
        while len(sample) < decisions:
            took = once()
            if took is not None:
                sample.append(took)
        runs.append(percentiles(sample))
    return runs


def line(name: str, agents: int, runs: list[tuple[float, ...]]) -> str:
    cells = []
    for values in zip(*runs, strict=True):
        middle = statistics.median(values)
        cells.append(f"{middle:7.1f} ({min(values):.1f}-{max(values):.1f})".ljust(22))
    return f"{name:22}{agents:>7}  " + "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer decisions and repeats")
    quick = parser.parse_args().quick
    decisions, repeats = (2_000, 3) if quick else (10_000, 7)
    print(f"{SIGNATURES} skill signatures, {WAITING} items waiting, {repeats} x {decisions} each")
    print(f"microseconds: middle of the repeats (lowest-highest)\n{'':31}", end="")
    print("".join(name.ljust(22) for name in ("median", "p90", "p99")))
    medians: dict[tuple[str, int], float] = {}
    for agents in (100, 5_000):
        floor = Floor(agents, seed=agents)
        # What stays is told to the collector once, as a server does after start; new garbage is
        # still collected.
        gc.collect()
        gc.freeze()

        def freeing(part: int, floor: Floor = floor) -> int | None:
            times = floor.agent_gets_free()
            return times[part] if times else None

        measure(lambda: freeing(0), decisions, 1)
        timed: list[tuple[str, Callable[[], int | None]]] = [
            ("an agent gets free", lambda: freeing(0)),
            ("an item arrives", floor.item_arrives),
            ("the decision alone", lambda: freeing(1)),
        ]
        for name, once in timed:
            runs = measure(once, decisions, repeats)
            medians[name, agents] = statistics.median(run[0] for run in runs)
            print(line(name, agents, runs))
        gc.unfreeze()
    for name in dict.fromkeys(name for name, _ in medians):
        large, small = medians[name, 5_000], medians[name, 100]
        verdict = "reached" if large < 20 and large < 2 * small else "missed"
        print(f"{name}: 5,000 agents {large:.1f} us, {large / small:.2f} x 100 agents: {verdict}")


if __name__ == "__main__":
    main()
