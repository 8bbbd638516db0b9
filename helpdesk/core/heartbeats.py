"""Signs of life: each process says "I run" every two seconds, and others may count on it.

The sweeper closes the sockets of a process that fell silent. Not for load or health figures.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta

from sqlalchemy import delete, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.ids import new_id
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import Work

EVERY_S = 2.0
FORGOTTEN_AFTER = timedelta(days=1)

_own: tuple[int, str] = (0, "")


def process_id() -> str:
    """A name for this process that no other has, before or after: host, pid and a random part."""
    global _own
    pid, name = _own
    if pid != os.getpid():
        pid = os.getpid()
        name = f"{socket.gethostname()[:30]}:{pid}:{new_id()[-8:]}"
        _own = (pid, name)
    return name


def beat(work: Work, role: str) -> None:
    """Say that this process runs."""
    name = process_id()
    beaten = work.session.execute(
        update(Heartbeat)
        .where(Heartbeat.process_id == name)
        .values(at=work.at)
        .returning(Heartbeat.process_id)
    ).first()
    if beaten is None:
        row = {"process_id": name, "role": role, "started_at": work.at, "at": work.at}
        insert_if_absent(work.session, Heartbeat, row)


def stop(work: Work) -> None:
    """Say goodbye, so that nobody has to wait for the silence."""
    work.session.execute(delete(Heartbeat).where(Heartbeat.process_id == process_id()))


def forget_silent(work: Work) -> None:
    """Remove rows of processes gone for a day."""
    work.session.execute(delete(Heartbeat).where(Heartbeat.at < work.at - FORGOTTEN_AFTER))
