"""Articles whose time has come: scheduled ones go out, owners hear that one is due for review.

Duties of the sweeper; each article in a transaction of its own, so that one that can't go out any
more holds up none of the others.
"""

from __future__ import annotations

import logging

from helpdesk.core.actors import system
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import begin, reading
from helpdesk.kb import publishing

log = logging.getLogger("helpdesk.articles")

SWEEPER = system("sweeper")


def publish_due() -> None:
    """Publish what was scheduled for now."""
    with reading(SWEEPER) as work:
        due = publishing.publish_due(work)
    for article_id in due:
        try:
            with begin(SWEEPER) as work:
                publishing.publish_scheduled(work, article_id)
        except HelpdeskError as error:
            _give_up(article_id, error.message)


def remind_due() -> None:
    """Tell owners of articles that somebody should look whether they are still right."""
    with reading(SWEEPER) as work:
        due = publishing.reminders_due(work)
    for article_id in due:
        with begin(SWEEPER) as work:
            publishing.remind(work, article_id)


def _give_up(article_id: str, why: str) -> None:
    """Back to its author, or it would be tried again for ever."""
    log.warning("article %s could not be published: %s", article_id, why)
    with begin(SWEEPER) as work:
        publishing.take_step(work, article_id, "send_back", note=f"Not published: {why}")
