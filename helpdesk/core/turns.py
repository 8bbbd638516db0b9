"""One after the other in this process, for work that would only get into each other's way.

Whoever wants a turn waits before its transaction has touched the database, so that a crowd holds no
connections while it waits; the turn ends with the transaction. It is for speed alone: what must
never happen twice is settled by the database (other processes have turns of their own).
"""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import event

from helpdesk.core import db
from helpdesk.core.work import Work


def take(work: Work, name: str) -> None:
    """Wait for the turn of this name; where writers take turns anyway there is nothing to do."""
    database = db.current()
    if database.is_sqlite or name in work.session.info:
        return
    locks: dict[str, db.FairLock] = database.remembered.setdefault("turns", {})
    with _GUARD:
        lock = locks.setdefault(name, db.FairLock())
    lock.acquire()
    work.session.info[name] = True

    def over(session: Any, transaction: Any) -> None:
        if transaction.parent is None and session.info.pop(name, False):
            lock.release()

    event.listen(work.session, "after_transaction_end", over)
    if not work.session.in_transaction():
        work.session.begin()  # so that it ends, even if nothing is asked in it


_GUARD = threading.Lock()
