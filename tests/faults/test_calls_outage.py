"""Calls over an exchange in bad weather while web and worker are killed: none lost or stuck.

The long run with five hundred of them is benchmarks/outage.py.
"""

from __future__ import annotations

import pytest

from benchmarks import outage
from benchmarks.carrier import settings
from benchmarks.outage_people import Habits
from tests.real.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

HASTE = Habits(waits=(6, 25), gives_up=(1, 6), talks=(2, 8), pauses=(0.5, 2), begins=3)
PLAN = outage.Plan(
    calls=12, seconds=16, agents=4, kills=((0.3, "web"), (0.6, "worker")), habits=HASTE, late_s=5
)


def test_calls_outlive_a_killed_web_and_a_killed_worker(start_server) -> None:
    port = free_port()
    told = settings(f"http://127.0.0.1:{port}")
    running = start_server("postgres", roles=outage.ROLES, extra=told)
    found, book, _ = outage.run(running, PLAN, port)
    assert book.met, "nobody got through"
    left = outage.undone(running.database.engine)
    assert found.is_clean, f"{found.told()}\nnot carried out: {left}"
    assert found.figures["answered"], found.told()
