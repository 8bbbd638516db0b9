"""Keeping terms by their content: written once, never changed, so history can't be rewritten.

An edited calendar or policy makes new terms beside the old ones; spans booked before go on
pointing at the old.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sqlalchemy import select

from helpdesk.clocks.models import ClockTerms
from helpdesk.clocks.terms import Terms, digest_of, terms_as_dict, terms_from_dict
from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work

_MOST_KEPT = 1000
_read: dict[str, Terms] = {}
_guard = threading.Lock()


def keep(work: Work, terms: Terms) -> str:
    """Store the terms unless they are there; answers their digest."""
    content = terms_as_dict(terms)
    digest = digest_of(content)
    insert_if_absent(work.session, ClockTerms, {"digest": digest, "content": content})
    return digest


def load(work: Work, digests: Iterable[str]) -> dict[str, Terms]:
    """Terms by digest. What was read once is kept: a content never changes under its digest."""
    wanted = set(digests)
    found = {digest: _read[digest] for digest in wanted if digest in _read}
    missing = wanted - found.keys()
    if missing:
        rows = work.session.execute(
            select(ClockTerms.digest, ClockTerms.content).where(ClockTerms.digest.in_(missing))
        ).all()
        fresh = {row.digest: terms_from_dict(row.content) for row in rows}
        with _guard:
            if len(_read) + len(fresh) > _MOST_KEPT:
                _read.clear()
            _read.update(fresh)
        found |= fresh
    return found
