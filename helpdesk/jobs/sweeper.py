"""The sweeper: every second it does what time demands (deadlines, dead browsers, missed matches).

One process at a time does it (lease "sweeper"); when that one dies, another takes over within three
seconds. What it does is wiring's list of duties. A duty that fails is logged and the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from helpdesk.core import clock, heartbeats, leases
from helpdesk.core.actors import system
from helpdesk.core.heartbeats import process_id
from helpdesk.core.listening import Duty
from helpdesk.core.work import begin
from helpdesk.jobs.rounds import Rhythm, Stopping

log = logging.getLogger("helpdesk.sweeper")

LEASE = "sweeper"
LEASE_S = 2.5
RENEW_S = 0.8
ROUND_S = 0.25
SLOW_S = 1.0
COMPLAIN_S = 30.0
ACTOR = system("sweeper")


class Sweeper:
    """Holds the lease and runs each duty when it is due."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        self._duties = [(duty, Rhythm(duty.every_s)) for duty in duties]
        self._complain = {duty.name: Rhythm(COMPLAIN_S) for duty in duties}
        self._lease = Rhythm(RENEW_S)
        self._beat = Rhythm(heartbeats.EVERY_S)
        self._held = False

    def run(self, stopping: Stopping) -> None:
        try:
            while not stopping:
                try:
                    self.round(stopping)
                except Exception:
                    log.exception("a round of the sweeper failed; trying again")
                    self._held = False
                if not stopping:
                    clock.sleep(ROUND_S)
        finally:
            self._leave()

    def round(self, stopping: Stopping | None = None) -> None:
        """Do what is due; stops between two duties when told to."""
        if self._beat.is_due():
            with begin(ACTOR) as work:
                heartbeats.beat(work, "sweeper")
        for duty, rhythm in self._duties:
            if stopping or not self.holds():
                return
            if rhythm.is_due():
                self._do(duty)

    def holds(self) -> bool:
        """Take or renew the lease when it is time to."""
        if self._lease.is_due():
            with begin(ACTOR) as work:
                self._held = leases.hold(work, LEASE, process_id(), seconds=LEASE_S)
        return self._held

    def _do(self, duty: Duty) -> None:
        started = clock.monotonic()
        try:
            duty.run(lambda: begin(ACTOR))
        except Exception:
            if self._complain[duty.name].is_due():
                log.exception("duty %s failed", duty.name)
        took = clock.monotonic() - started
        if took > SLOW_S:
            log.warning("duty %s took %.1f s", duty.name, took)

    def _leave(self) -> None:
        try:
            with begin(ACTOR) as work:
                leases.give_up(work, LEASE, process_id())
                heartbeats.stop(work)
        except Exception:
            log.warning("left without giving the lease up", exc_info=True)
