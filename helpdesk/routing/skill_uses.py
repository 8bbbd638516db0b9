"""Who else needs a skill: packages of peers say so here, and it is not removed while they do."""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work

Use = Callable[[Work, str], str | None]
_uses: list[Use] = []


def register(use: Use) -> None:
    """Add a question asked before removing: who needs the skill? In words, or None."""
    if use not in _uses:
        _uses.append(use)


def require_unused(work: Work, skill_id: str) -> None:
    found = [words for use in _uses if (words := use(work, skill_id))]
    if found:
        raise Conflict(f"This skill is needed by {'; '.join(found)}.", code="in_use")
