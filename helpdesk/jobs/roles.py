"""The background roles as functions: each runs until SIGTERM, in a process composed before."""

from __future__ import annotations

import logging
import os
import threading

from helpdesk import wiring
from helpdesk.jobs import schedule
from helpdesk.jobs.doorbell import Doorbell
from helpdesk.jobs.relay import Relay
from helpdesk.jobs.rounds import Stopping
from helpdesk.jobs.sweeper import Sweeper

log = logging.getLogger("helpdesk.jobs")

COMPANIONS_S = 1.5
# Where all share the cores of one machine, whoever talks to people goes first. Not the sweeper: it
# has little to do, and deadlines are promises.
STEPS_BACK = {"relay": 5, "worker": 10}


def relay() -> None:
    os.nice(STEPS_BACK["relay"])
    stopping, doorbell = Stopping().listen(), Doorbell()
    log.info("relay runs")
    Relay(wiring.consumers(), wiring.announcer(), doorbell).run(stopping)
    doorbell.close()


def sweeper() -> None:
    stopping = Stopping().listen()
    log.info("sweeper runs")
    Sweeper([*wiring.duties(), *schedule.duties()]).run(stopping)


def worker() -> None:
    os.nice(STEPS_BACK["worker"])
    # RQ is only loaded where labour is done.
    from helpdesk.jobs import worker as labour  # noqa: PLC0415

    stopping = Stopping().listen()
    beside = [
        threading.Thread(target=companion, args=(stopping,), name="beside", daemon=True)
        for companion in wiring.companions()
    ]
    for thread in beside:
        thread.start()
    labour.run(stopping)
    for thread in beside:
        thread.join(COMPANIONS_S)


ROLES = {"relay": relay, "sweeper": sweeper, "worker": worker}
