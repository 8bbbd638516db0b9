"""Keeping what a carrier tells us: once, as it came, before anything is made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import select

from helpdesk.carriers.models import CarrierEvent
from helpdesk.core import secrets
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work


def once_key(path: str, facts: Mapping[str, str]) -> str:
    """The same for a hook that is sent again; signatures carry no time, so any may be.

    Signed, not only hashed: four digits that a caller typed are soon found from a plain hash.
    """
    words = orjson.dumps([path, dict(facts)], option=orjson.OPT_SORT_KEYS)
    return secrets.sign("hook", words.decode())


def keep(
    work: Work,
    path: str,
    facts: Mapping[str, str],
    *,
    sid: str,
    hidden: Collection[str] = (),
    state: str = "waiting",
) -> str | None:
    """Keep the hook; answers its id, or None when it is here already.

    Fields in `hidden` tell it from others and are not kept: callers type secrets. `state` done:
    this very transaction works it in.
    """
    row = CarrierEvent(
        id=new_id(),
        once_key=once_key(path, facts),
        path=path,
        sid=sid[:40],
        facts={name: "" if name in hidden else value for name, value in facts.items()},
        received_at=work.at,
        state=state,
    )
    return row.id if work.put_if_absent(row) else None


def worked_in(
    work: Work, event_id: str | None, reason: str = "", *, answer: str | None = None
) -> None:
    """What the hook meant is part of our books, or (with a `reason`) never will be.

    `answer` is given again whenever the same hook comes again.
    """
    row = work.session.get(CarrierEvent, event_id) if event_id else None
    if row is not None:
        row.state, row.reason = ("failed" if reason else "done"), reason[:300]
        row.answer = answer or row.answer


def answered_before(work: Work, path: str, facts: Mapping[str, str]) -> str | None:
    """What this very hook was answered when it came first."""
    key = once_key(path, facts)
    found = work.session.scalar(select(CarrierEvent.answer).where(CarrierEvent.once_key == key))
    return found or None


def find_waiting(work: Work, event_id: str) -> CarrierEvent | None:
    """The hook, held, if what it means is still to be worked in."""
    return work.session.scalar(
        select(CarrierEvent)
        .where(CarrierEvent.id == event_id, CarrierEvent.state == "waiting")
        .with_for_update()
    )


def left_over(work: Work, before: datetime, paths: Sequence[str], *, limit: int = 100) -> list[str]:
    """Hooks at these paths that came before that time and still wait."""
    return list(
        work.session.scalars(
            select(CarrierEvent.id)
            .where(
                CarrierEvent.state == "waiting",
                CarrierEvent.received_at < before,
                CarrierEvent.path.in_(paths),
            )
            .order_by(CarrierEvent.received_at)
            .limit(limit)
        )
    )
