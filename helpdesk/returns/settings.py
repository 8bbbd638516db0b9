"""How long each step of a return may take, by whose hours, and where returns are worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.core import stored_settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.returns.steps import DEFAULTS

NAME = "returns"
MOST = 9_999


@dataclass(frozen=True, slots=True)
class Settings:
    """`targets` as `steps.DEFAULTS`; empty ids: the house's first calendar, queue, no type."""

    targets: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULTS))
    calendar_id: str = ""
    queue_id: str = ""
    type: str = ""


def get(work: Work) -> Settings:
    stored = stored_settings.get(work, NAME, {})
    targets = {name: int(stored.get(name, length)) for name, length in DEFAULTS.items()}
    return Settings(
        targets,
        str(stored.get("calendar_id", "")),
        str(stored.get("queue_id", "")),
        str(stored.get("type", "")),
    )


def put(work: Work, given: Mapping[str, Any]) -> None:
    if not (work.actor.kind == "system" or work.actor.is_admin):
        raise Forbidden("Only an administrator can change this.")
    wrong = {
        name: f"Use a whole number from 1 to {MOST:,}."
        for name in DEFAULTS
        if not 1 <= int(given.get(name, 0)) <= MOST
    }
    if wrong:
        raise Invalid(fields=wrong)
    kept: dict[str, Any] = {name: int(given[name]) for name in DEFAULTS}
    kept |= {name: str(given.get(name, "")) for name in ("calendar_id", "queue_id", "type")}
    stored_settings.put(work, NAME, kept)
