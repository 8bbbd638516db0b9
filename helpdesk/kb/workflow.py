"""The life of an article as a table of steps: from where, to where, and what readers then see.

Pure. What the authors are at (`state`) and what readers see (`is_live`) are two things: a live
article stays as it is while its next version is written, reviewed or waits for its day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["draft", "review", "scheduled", "published", "archived"]
STATES: tuple[State, ...] = ("draft", "review", "scheduled", "published", "archived")


@dataclass(frozen=True, slots=True)
class Step:
    """`word` is what a button says. `releases`: it lets readers see (or no longer see) words."""

    word: str
    origins: tuple[State, ...]
    releases: bool = False


STEPS: Mapping[str, Step] = {
    "submit": Step("Ask for review", ("draft", "published")),
    "send_back": Step("Back to its author", ("review", "scheduled")),
    "schedule": Step("Publish later", ("draft", "review", "published"), releases=True),
    "publish": Step("Publish", ("draft", "review", "scheduled", "published"), releases=True),
    "withdraw": Step("Take offline", ("published", "review", "scheduled"), releases=True),
    "archive": Step("Archive", ("draft", "review", "scheduled", "published"), releases=True),
    "restore": Step("Back to drafts", ("archived",)),
}


def leads_to(step: str, *, is_live: bool) -> State:
    """The state after the step."""
    if step == "send_back":
        return "published" if is_live else "draft"
    return _TARGETS[step]


_TARGETS: Mapping[str, State] = {
    "submit": "review",
    "schedule": "scheduled",
    "publish": "published",
    "withdraw": "draft",
    "archive": "archived",
    "restore": "draft",
}


def may_take(step: str, state: str, *, is_live: bool) -> bool:
    """Whether the table has this step from here."""
    found = STEPS.get(step)
    if found is None or state not in found.origins:
        return False
    return is_live or step != "withdraw"


def open_steps(state: str, *, is_live: bool) -> list[str]:
    """What can be done from here, in the order of the table."""
    return [step for step in STEPS if may_take(step, state, is_live=is_live)]
