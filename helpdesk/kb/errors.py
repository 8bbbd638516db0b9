"""What can't be done with articles, as doors tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from helpdesk.core.errors import Conflict, NotFound


class ArticleGone(NotFound):
    """There is no such article, or not for this actor."""

    def __init__(self) -> None:
        super().__init__("This article does not exist.")


class StaleArticle(Conflict):
    """Somebody saved meanwhile: `number` is the newest version, `changed` what differs since."""

    code = "stale"

    def __init__(self, *, number: int, actor: str, at: datetime, changed: Sequence[str]) -> None:
        words = f"the {' and '.join(changed)} of this article" if changed else "this article"
        super().__init__(f"Somebody changed {words} meanwhile. Look at what is different.")
        self.number = number
        self.actor = actor
        self.at = at
        self.changed = tuple(changed)


class NoSuchStep(Conflict):
    """The workflow has no such step from here."""

    code = "no_such_step"


class NotReady(Conflict):
    """Something has to be mended before readers may see it; `problems` are sentences."""

    code = "not_ready"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"This can't be published yet. {problems[0]}")
        self.problems = tuple(problems)
