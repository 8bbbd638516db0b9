"""Lets an exchange run by the machine's own clock: for the demo, and for load.

One thread works off what is due; hooks are carried by a pool, so that a slow customer delays only
the call that waits for him.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from helpdesk.core import clock
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.switch import Errand

_log = logging.getLogger(__name__)
LONGEST_REST_SECONDS = 1.0


class LiveRunner:
    def __init__(self, exchange: Exchange, carriers: int = 16) -> None:
        self._exchange = exchange
        self._pool = ThreadPoolExecutor(carriers, thread_name_prefix="exchange-carrier")
        self._something = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)
        exchange.woken = self._something.set

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Nothing more is begun; hooks that are under way are waited for."""
        self._stopping = True
        self._something.set()
        self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._stopping:
            self._something.clear()
            step = self._step()
            if step == "idle":
                self._something.wait(self._rest())
            elif isinstance(step, Errand):
                self._pool.submit(self._carry, step)

    def _step(self) -> Errand | Literal["done", "idle"]:
        """A step that fails is written down; the other calls go on."""
        try:
            return self._exchange.step(clock.now())
        except Exception:
            _log.exception("a step of the exchange failed")
            return "done"

    def _rest(self) -> float:
        due = self._exchange.switch.agenda.next_due()
        if due is None:
            return LONGEST_REST_SECONDS
        return max(0.0, min(LONGEST_REST_SECONDS, clock.seconds_between(clock.now(), due)))

    def _carry(self, errand: Errand) -> None:
        answer = self._exchange.carry(errand)
        with self._exchange.lock:
            self._exchange.switch.settle(errand, answer)
        self._something.set()
