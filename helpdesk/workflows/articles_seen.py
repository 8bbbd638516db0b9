"""What readers search for, read and are offered, written down beside their request.

A page answers first; a thread of this process writes afterwards. When there is more than it can
write, or the process dies, some of it is not counted: these are figures, nobody waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from helpdesk.core.actors import Actor, system
from helpdesk.core.aside import Aside, Run
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import asked, offers, readings
from helpdesk.kb.offers import Person, Place

SEEN = system("articles")
MOST_WAITING = 500
_aside = Aside("articles", 1)
_room = threading.BoundedSemaphore(MOST_WAITING)


def use(run: Run | None) -> None:
    """`run` decides where it is written (tests); None for a thread of its own."""
    _aside.use(run)


def searched(reader: Actor, words: str, locale: str, found: int) -> None:
    """A reader looked for these words; what colleagues try out is not counted."""
    if words and not reader.is_staff:
        _soon(lambda work: asked.count(work, words, locale, found=found))


def read(
    reader: Actor, article_id: str, locale: str, *, words: str = "", offer_id: str = ""
) -> None:
    """A reader opened an article: from results for these words, from an offer, or by itself."""
    if reader.is_staff:
        return

    def write(work: Work) -> None:
        readings.note(work, article_id, locale, reader.customer_id)
        if words:
            asked.count(work, words, locale)
        if offer_id:
            offers.opened(work, offer_id, article_id)

    # Most readings of an article change nothing: it was read an hour ago, by nobody we know.
    counts = bool(reader.customer_id or words or offer_id)
    _soon(write, lambda work: counts or readings.is_news(work, article_id))


def offered(offer_id: str, who: Person, place: Place, article_ids: Sequence[str]) -> None:
    """These articles stand beside what somebody writes."""
    if article_ids:
        _soon(lambda work: offers.show(work, offer_id, who, place, article_ids))


def _soon(write: Callable[[Work], object], is_needed: Callable[[Work], bool] | None = None) -> None:
    if not _room.acquire(blocking=False):
        return

    def run() -> None:
        try:
            if is_needed is not None:
                with reading(SEEN) as work:
                    if not is_needed(work):
                        return
            with begin(SEEN) as work:
                write(work)
        finally:
            _room.release()

    _aside.do(run)
