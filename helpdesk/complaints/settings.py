"""Within what a complaint is acknowledged and answered, and who holds the role it escalates to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.core import stored_settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work

NAME = "complaints"
DEFAULTS: Mapping[str, int] = {"acknowledge_hours": 8, "answer_hours": 80}
MOST = 9_999
_TEXTS = ("role", "team_id", "calendar_id", "queue_id", "type")


@dataclass(frozen=True, slots=True)
class Settings:
    """Hours are business time by the calendar; `role` is what the team that holds it is called,
    without a team supervisors hold it.
    """

    acknowledge_hours: int
    answer_hours: int
    role: str
    team_id: str
    calendar_id: str
    queue_id: str
    type: str


def get(work: Work) -> Settings:
    stored = stored_settings.get(work, NAME, {**DEFAULTS, "role": "Head of customer care"})
    return Settings(
        int(stored["acknowledge_hours"]),
        int(stored["answer_hours"]),
        **{name: str(stored.get(name, "")) for name in _TEXTS},
    )


def put(work: Work, given: Mapping[str, Any]) -> None:
    if not (work.actor.kind == "system" or work.actor.is_admin):
        raise Forbidden("Only an administrator can change this.")
    wrong = {
        name: f"Use a whole number from 1 to {MOST:,}."
        for name in DEFAULTS
        if not 1 <= int(given.get(name, 0)) <= MOST
    }
    role = " ".join(str(given.get("role", "")).split())
    if not 1 <= len(role) <= 80:
        wrong["role"] = "Say in up to 80 characters what the role is called."
    if wrong:
        raise Invalid(fields=wrong)
    kept: dict[str, Any] = {name: int(given[name]) for name in DEFAULTS}
    kept |= {name: str(given.get(name, "")) for name in _TEXTS} | {"role": role}
    stored_settings.put(work, NAME, kept)
