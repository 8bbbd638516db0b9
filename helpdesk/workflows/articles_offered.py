"""Articles that may answer what somebody is writing, before a person has to.

A search that fails or takes too long offers nothing and holds nothing up. What was shown is written
down beside the request (`articles_seen`). Not for what became of it (`articles_measured`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.kb import permissions, reading
from helpdesk.kb.offers import Person, Place
from helpdesk.kb.reading import Reader
from helpdesk.search.stemming import LITTLE
from helpdesk.search.words import folded, runs_of
from helpdesk.workflows import articles_found, articles_seen
from helpdesk.workflows.articles_found import Hit

MOST = 3
LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """`id` names the offer in what follows; a first one gets a new id."""

    id: str
    hits: Sequence[Hit] = ()


def offer(
    work: Work,
    words: str,
    *,
    place: Place,
    offer_id: str = "",
    typing: bool = True,
    reader: Reader | None = None,
) -> Offered:
    """The best few for a subject and a text; none for words that tell nothing."""
    made = offer_id if is_id(offer_id) else new_id()
    if not _tells(words):
        return Offered(made)
    found = articles_found.find(
        work, words, locale=place.locale, limit=MOST, typing=typing, by_meaning=True, reader=reader
    )
    return Offered(made, found.hits)


def note(offered: Offered, who: Person, place: Place, seen: Collection[str] = ()) -> None:
    """Written down beside the request: those that this reader does not see already."""
    new = [one.id for one in offered.hits if one.id not in seen]
    articles_seen.offered(offered.id, who, place, new)


def reader_of(work: Work, customer_id: str | None) -> Reader:
    """What a customer may read whose identity is proved otherwise than by signing in."""
    if customer_id is None:
        return reading.ANYBODY
    return Reader(signed_in=True, segments=permissions.segments_of(work, customer_id))


def _tells(words: str) -> bool:
    return any(len(word) >= LEAST_LETTERS and word not in LITTLE for word in runs_of(folded(words)))
