"""Leases: a duty that one process at a time carries (relaying, sweeping).

A lease only saves double work; what must never happen twice is refused by unique indexes.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.tables import Lease
from helpdesk.core.work import Work


def hold(work: Work, name: str, holder: str, *, seconds: float) -> bool:
    """Take or renew the lease; True while `holder` has it."""
    until = work.at + timedelta(seconds=seconds)
    taken = work.session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.holder == holder, Lease.until < work.at))
        .values(holder=holder, until=until)
        .returning(Lease.name)
    ).first()
    if taken:
        return True
    row = {"name": name, "holder": holder, "until": until}
    return insert_if_absent(work.session, Lease, row)


def give_up(work: Work, name: str, holder: str) -> None:
    """Let the next process take over at once (on an orderly stop)."""
    work.session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
