"""Keeping what a carrier tells us: once, as it came, before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from helpdesk.carriers.events import CarrierHeard
from helpdesk.carriers.models import CarrierEvent
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work


def once_key(path: str, facts: Mapping[str, str]) -> str:
    """The same for a hook that is sent again; signatures carry no time, so any may be."""
    words = orjson.dumps([path, dict(facts)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(words).hexdigest()


def keep(work: Work, path: str, facts: Mapping[str, str], *, sid: str) -> str | None:
    """Keep the hook; answers its id, or None when it is here already."""
    row = CarrierEvent(
        id=new_id(),
        once_key=once_key(path, facts),
        path=path,
        sid=sid[:40],
        facts=dict(facts),
        received_at=work.at,
    )
    if not work.put_if_absent(row):
        return None
    work.emit(CarrierHeard(carrier_event_id=row.id, path=path))
    return row.id
