"""Field service: offers, a booking day, plan quality, repairs.

    python -m benchmarks.field slots
    python -m benchmarks.field repair
    python -m benchmarks.field booking --data FOLDER
    python -m benchmarks.field solomon --data FOLDER

Processor time of one core, because the engine is pure: no database, no clock, no network.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from benchmarks import field_booking, field_days, field_solomon
from helpdesk.field_service import checking, slots
from helpdesk.field_service.board import Board
from helpdesk.field_service.repairing import repair
from helpdesk.field_service.travel import Band, Bands, GreatCircle

RUSH = Bands("Europe/Berlin", (Band("rush", 420, 540, 1.4), Band("evening", 960, 1080, 1.3)))


def spread(name: str, seconds: list[float]) -> None:
    """p50, p95 and the worst, in ms."""
    ranked = sorted(seconds)
    p50, p95 = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.95)]
    print(f"  {name}: p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f}, worst {ranked[-1] * 1e3:.1f}")


def measure_slots(options: argparse.Namespace) -> int:
    """100 technicians, 6,000 visits in ten days, 40 windows."""
    for name, travel in (("even pace", GreatCircle()), ("with rush hours", GreatCircle(RUSH))):
        begun = time.process_time()
        plan = field_days.plan(options.seed, 100, 10, 6, travel)
        visits = sum(len(route.jobs) for route in plan.routes.values())
        made = time.process_time()
        board = Board.of(plan, travel)
        print(f"{name}: {visits} visits, made in {made - begun:.1f} s,", end=" ")
        print(f"board in {time.process_time() - made:.2f} s")
        _ask(board, options)
    return 0


def _ask(board: Board, options: argparse.Namespace) -> None:
    rng = random.Random(options.seed + 1)
    windows = field_days.windows(10)
    now = windows[0].starts - 86_400
    took, updates, none = [], [], 0
    for n in range(options.requests):
        job = field_days.job(rng, f"new{n}")
        begun = time.process_time()
        found = slots.offers(board, job, windows, now)
        took.append(time.process_time() - begun)
        none += not found.items
        if found.items:
            _, routes = slots.accepted(board, job, found.items[0])
            begun = time.process_time()
            board = board.with_route(*routes)
            updates.append(time.process_time() - begun)
    spread(f"{options.requests} requests, {none} refused", took)
    spread("board after an acceptance", updates)
    print(f"  faults of the plan at the end: {len(checking.faults(board.plan, board.travel))}")


def measure_repair(options: argparse.Namespace) -> int:
    """50 technicians with 8 visits each; one event of each kind in turn."""
    travel = GreatCircle(RUSH)
    took: dict[str, list[float]] = {}
    moved, later, broken, wrong = [], [], 0, 0
    for n in range(options.requests // 2):
        rng = random.Random(options.seed * 1000 + n)
        plan = field_days.plan(options.seed + n // 30, 50, 1, 8, travel)
        plan, event = field_days.event(rng, plan)
        begun = time.process_time()
        mended = repair(plan, event, travel)
        took.setdefault(type(event).__name__, []).append(time.process_time() - begun)
        moved.append(mended.difference.moved())
        later.append(
            sum(line.kind == "time" and not line.small for line in mended.difference.lines)
        )
        broken += sum(line.at_risk and line.late_s > 0 for line in mended.difference.lines)
        wrong += len(checking.faults(mended.plan, mended.travel))
    for kind, seconds in took.items():
        spread(f"{kind}, {len(seconds)} events", seconds)
    spread("all", [second for seconds in took.values() for second in seconds])
    print(
        f"  visits moved to others: {sum(moved) / len(moved):.2f} on average, {max(moved)} at most"
    )
    print(f"  visits at another time with the same technician: {sum(later) / len(later):.2f}")
    print(f"  promises broken, and said so: {broken}; faults of the plans: {wrong}")
    return 0


def measure_booking(options: argparse.Namespace) -> int:
    """Six days of 12 technicians and 130 requests that come one after the other."""
    days = sorted(Path(options.data).glob("booking_day_*.json"))
    results = [field_booking.day(json.loads(one.read_text()), options.rounds) for one in days]
    for name, one in zip(days, results, strict=True):
        print(
            f"  {name.stem}: {one.accepted} accepted, {one.minutes:.1f} min of driving a visit,",
            end="",
        )
        print(f" {one.faults} faults, {one.took:.0f} s of processor time")
    accepted = sum(one.accepted for one in results) / len(results)
    minutes = sum(one.minutes for one in results) / len(results)
    print(f"mean: {accepted:.1f} accepted, {minutes:.1f} min; to beat: 86.8 and 16.3")
    return 0


def measure_solomon(options: argparse.Namespace) -> int:
    """Instances with time windows against the best known."""
    folder = Path(options.data) / "solomon"
    known = json.loads((folder / "best_known.json").read_text())
    gaps = []
    for name in options.only.split(",") if options.only else known:
        text = (folder / f"{name}.txt").read_text()
        one = field_solomon.solved(text, options.seconds, options.seed, options.vroom)
        gaps.append((one.distance / known[name] - 1) * 100)
        print(f"  {name}: {one.distance:.1f}, best known {known[name]}, {gaps[-1]:+.2f} %,", end="")
        print(f" {one.faults} faults, {one.took:.1f} s", flush=True)
    print(f"mean gap {sum(gaps) / len(gaps):.2f} %, worst {max(gaps):.2f} %")
    return 0


MEASUREMENTS = {
    "booking": measure_booking,
    "solomon": measure_solomon,
    "repair": measure_repair,
    "slots": measure_slots,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=MEASUREMENTS, nargs="?", default="slots")
    parser.add_argument("--data", help="folder with booking_day_*.json and solomon/")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=100, help="of improving after each booking")
    parser.add_argument("--vroom", action="store_true", help="start from a plan by VROOM")
    parser.add_argument("--only", help="instances, with commas between")
    options = parser.parse_args()
    if options.what in ("booking", "solomon") and not options.data:
        parser.error("this one needs --data")
    return MEASUREMENTS[options.what](options)


if __name__ == "__main__":
    sys.exit(main())
