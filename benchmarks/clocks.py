"""A thousand open tickets gone over after every policy changed, each checked by brute force.

    python -m benchmarks.clocks --database sqlite --tickets 1000

Each ticket has lived a random life of up to four days across the end of daylight saving, through
the service. Then all service levels change and the job that recomputes deadlines is timed as it
runs in a worker: reading, arithmetic, cutting the ledgers, writing. Afterwards every clock of every
ticket must equal what counting minute by minute gives. `arithmetic` is the same without a database.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from datetime import datetime, timedelta

from benchmarks.assignments import database
from benchmarks.floor import arguments
from helpdesk.clocks import queries
from helpdesk.clocks.case import reckoning
from helpdesk.clocks.policies import PRIORITIES
from helpdesk.core import clock
from helpdesk.core.work import reading
from helpdesk.workflows import clocks as workflow
from tests.clocks import brute_force, histories
from tests.clocks.brute_force import MINUTE, Event
from tests.clocks.histories import LONGEST, ME, STARTS, WHO

CHANGE = LONGEST + 600
LOOK = CHANGE + 1440
Life = tuple[str, list[Event]]


def random_life(rng: random.Random, events: int) -> Life:
    happened = []
    for minute in sorted(rng.randrange(1, LONGEST) for _ in range(events)):
        what = rng.choice(("book", "book", "wrote", "replied", "refit", "resolve", "reopen"))
        party, state = rng.choice(WHO) if what in ("book", "reopen") else ("", "")
        priority = rng.choice(PRIORITIES) if what == "refit" else ""
        happened.append(Event(minute, what, party, state, priority))
    return rng.choice(PRIORITIES), happened


def arithmetic(tickets: list[str]) -> float:
    """Every clock of every ticket worked out from its spans, in memory."""
    with reading(ME) as work:
        cases = [queries.case_of(work, one) for one in tickets]
        held = [(case, case.spans()) for case in cases if case is not None]
        begun = time.process_time()
        for case, spans in held:
            for one in case.clocks:
                reckoning(one, spans, work.at)
        return time.process_time() - begun


def main() -> None:
    options = arguments(__doc__ or "", database="sqlite", tickets=1000, events=8, seed=1)
    rng = random.Random(options.seed)
    start = STARTS[1]
    with database(options.database), ExitStack() as moves:

        def move(at: datetime) -> None:
            moves.enter_context(clock.moved_to(at))

        made = histories.lay_out()
        lives = [random_life(rng, options.events) for _ in range(options.tickets)]
        tickets = [histories.play(move, start, *life) for life in lives]
        move(start + timedelta(minutes=CHANGE))
        histories.rotate(made)
        begun, cpu = time.perf_counter(), time.process_time()
        workflow.recompute_deadlines()
        took, used = time.perf_counter() - begun, time.process_time() - cpu
        move(start + timedelta(minutes=LOOK))
        pure = arithmetic(tickets)
        before = histories.houses(start)
        after = histories.houses(start, histories.ROTATED)
        wrong = 0
        for ticket_id, (priority, events) in zip(tickets, lives, strict=True):
            told = brute_force.walk(
                before, start, priority, [*events, Event(CHANGE, "change")], LOOK, after
            )
            wrong += histories.told(ticket_id, start) != brute_force.story(told)
    print(f"{options.database}, {options.tickets} tickets of {options.events} events")
    print(f"  recomputed by the job: {took:.2f} s, own CPU {used:.2f} s")
    print(f"  arithmetic alone: {pure * 1000:.0f} ms of CPU")
    print(f"  different from brute force: {wrong} of {len(tickets)}  ({MINUTE} steps)")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
