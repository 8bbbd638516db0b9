"""Who this process is, and the row that says it is alive.

`process_id()` names the process in heartbeats, leases and socket connections; it differs after a
fork. A process whose heartbeat is older than `SILENT_S` counts as gone. Not for starting processes
(see `helpdesk.supervise`).
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import timedelta

from sqlalchemy import delete, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import Work

BEAT_S = 2.0
SILENT_S = 6.0

_own = ("", 0)


def process_id() -> str:
    """`host:pid:random` of this very process."""
    global _own
    if _own[1] != os.getpid():
        _own = (f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}", os.getpid())
    return _own[0]


def beat(work: Work, role: str) -> None:
    """Say that this process is alive and carries `role`."""
    seen = work.session.execute(
        update(Heartbeat)
        .where(Heartbeat.process_id == process_id())
        .values(at=work.at)
        .returning(Heartbeat.process_id)
    ).first()
    if seen is None:
        row = {"process_id": process_id(), "role": role, "started_at": work.at, "at": work.at}
        insert_if_absent(work.session, Heartbeat, row)


def say_goodbye(work: Work) -> None:
    """Remove the heartbeat on an orderly stop, so that nobody waits for it to grow old."""
    work.session.execute(delete(Heartbeat).where(Heartbeat.process_id == process_id()))


def alive(work: Work, *, within_s: float = SILENT_S) -> list[Heartbeat]:
    """Processes that have beaten lately, oldest first."""
    fresh = Heartbeat.at > work.at - timedelta(seconds=within_s)
    return list(work.session.scalars(select(Heartbeat).where(fresh).order_by(Heartbeat.started_at)))


def forget_dead(work: Work, *, after_s: float = 3600) -> int:
    """Delete rows of processes that ended without a goodbye; answers how many."""
    old = Heartbeat.at < work.at - timedelta(seconds=after_s)
    return len(work.session.execute(delete(Heartbeat).where(old).returning(Heartbeat.at)).all())
