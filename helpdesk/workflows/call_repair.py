"""Compares the legs of calls with the sockets that carry them, and puts right what differs.

A socket says goodbye when it goes; where that was lost (its process was killed, or the database was
away just then) a leg would stay in the call for ever. It is lost from then on, and its party has
the usual time to come back. Every repair is written down and shown. Not for lines at a carrier.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from helpdesk.calls import queries as calls
from helpdesk.carriers import repairs
from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.workflows import calling

log = logging.getLogger(__name__)

REPAIRING = system("repair")
PROCESS_GONE = "The process that carried this page's line had stopped; the line counts as lost."
SOCKET_GONE = "The socket of this page was gone without a word; its line counts as lost."


class SocketCheck:
    """One a web process: it alone knows which sockets it has.

    A leg counts once it was found without its socket twice in a row: what is just saying goodbye is
    no repair.
    """

    def __init__(self, process_id: str) -> None:
        self._process_id = process_id
        self._suspects: set[str] = set()

    def look(self, open_sids: Collection[str]) -> None:
        with reading(REPAIRING) as work:
            carried = calls.carried_by(work, self._process_id)
        ghosts = {sid for sid in carried.values() if sid not in open_sids}
        for sid in ghosts & self._suspects:
            with begin(REPAIRING) as work:
                lose(work, sid, SOCKET_GONE)
        self._suspects = ghosts


def lose_with_process(work: Work, sid: str) -> None:
    """For the sweeper: the process of this socket has fallen silent."""
    lose(work, sid, PROCESS_GONE)


def lose(work: Work, sid: str, told: str) -> None:
    for leg in calling.lost(work, sid):
        log.warning("repaired a leg of a call: %s is lost (%s)", leg.id, told)
        repairs.note(work, "lost", leg.id, told, leg.conversation_id)
