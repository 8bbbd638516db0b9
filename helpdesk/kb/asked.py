"""What readers search for, counted by day and words, without anything that names a person.

Addresses, telephone numbers and other numbers are left out before anything is kept, and nobody is
written down beside the words. Not for the search itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work
from helpdesk.kb import permissions
from helpdesk.kb.models import Asked
from helpdesk.search.stemming import LITTLE
from helpdesk.search.words import folded, runs_of

MOST_WORDS = 12
LONGEST = 120
KEPT = timedelta(days=400)
_MAIL = re.compile(r"\S+@\S+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-/]{5,30}\d")
_STREET = re.compile(
    r"(?:\S+(?:strasse|str\.|weg|platz|allee|gasse)|\S+ (?:strasse|str\.|weg|platz|allee|gasse))"
    r"\s+\d+\s?[a-z]?\b"
    r"|\b\d+[a-z]?\s+\S+\s+(?:street|st|road|rd|avenue|ave|lane|drive)\b"
)
_MOST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Words in one language: how often asked, found nothing, led to an article."""

    words: str
    locale: str
    asked: int
    empty: int
    opened: int
    last_at: datetime


def kept_words(asked: str) -> str:
    """The words that may be kept, in the order typed; empty when there are none."""
    text = folded(asked)
    for pattern in (_MAIL, _LINK, _STREET, _PHONE):
        text = pattern.sub(" ", text)
    words = list(dict.fromkeys(word for word in runs_of(text) if not _is_number(word)))
    telling = [word for word in words if word not in LITTLE] or words
    kept = ""
    for word in telling[:MOST_WORDS]:
        longer = f"{kept} {word}".strip()
        if len(longer) > LONGEST:
            break
        kept = longer
    return kept


def count(work: Work, asked: str, locale: str, *, found: int | None = None) -> bool:
    """One search more, or with `found` None one article more that such a search led to."""
    words = kept_words(asked)
    if not words:
        return False
    more = {
        "asked": int(found is not None), "empty": int(found == 0), "opened": int(found is None),
    }  # fmt: skip
    key = {"day": f"{work.at:%Y-%m-%d}", "words": words, "locale": locale[:10]}
    if _add(work, key, more):
        return True
    if not insert_if_absent(work.session, Asked, {**key, **more, "last_at": work.at}):
        _add(work, key, more)
    return True


def found_nothing(work: Work, days: int, *, most: int) -> list[Group]:
    """What is missing: the most often asked in vain first."""
    return _groups(work, days, most, Asked.empty > 0, func.sum(Asked.empty) > 0, Asked.empty)


def nobody_opened(work: Work, days: int, *, most: int) -> list[Group]:
    """Something was found, and not once did it look worth opening."""
    looked = func.sum(Asked.asked - Asked.empty)
    nobody = (looked > 0) & (func.sum(Asked.opened) == 0)
    return _groups(work, days, most, None, nobody, Asked.asked)


def forget_old(work: Work) -> None:
    work.session.execute(delete(Asked).where(Asked.day < f"{work.at - KEPT:%Y-%m-%d}"))


def _groups(
    work: Work,
    days: int,
    most: int,
    where: ColumnElement[bool] | None,
    having: ColumnElement[bool],
    order: Any,
) -> list[Group]:
    permissions.require_writing(work)
    since = f"{work.at - timedelta(days=days):%Y-%m-%d}"
    times = func.sum(order)
    wanted = (
        select(
            Asked.words, Asked.locale, func.sum(Asked.asked), func.sum(Asked.empty),
            func.sum(Asked.opened), func.max(Asked.last_at),
        )
        .where(Asked.day >= since)
        .group_by(Asked.words, Asked.locale)
        .having(having)
        .order_by(times.desc(), Asked.words, Asked.locale)
        .limit(most)
    )  # fmt: skip
    if where is not None:
        wanted = wanted.where(where)
    return [Group(*row) for row in work.session.execute(wanted)]


def _add(work: Work, key: dict[str, str], more: dict[str, int]) -> bool:
    there = [getattr(Asked, name) == value for name, value in key.items()]
    values: dict[str, Any] = {name: getattr(Asked, name) + n for name, n in more.items() if n}
    done: Any = work.session.execute(
        update(Asked)
        .where(*there)
        .values(last_at=work.at, **values)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount) > 0


def _is_number(word: str) -> bool:
    """Numbers, and what has so many digits that it may name a contract or a person."""
    return word.isdigit() or sum(c.isdigit() for c in word) > _MOST_DIGITS
