"""Steps as JSON and back, so that a carrier that asks the same thing twice hears the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from helpdesk.ivr.actions import (
    Action,
    Ask,
    CallBack,
    Enqueue,
    Forward,
    HangUp,
    Play,
    Say,
    Voicemail,
)

_KINDS = {
    kind.__name__: kind for kind in (Say, Play, Ask, Enqueue, Voicemail, Forward, CallBack, HangUp)
}


def as_json(actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [_as_json(one) for one in actions]


def _as_json(one: Action) -> dict[str, Any]:
    found = {"kind": type(one).__name__, **asdict(one)}
    if isinstance(one, Ask):
        found["prompts"] = as_json(one.prompts)
    return found


def from_json(kept: Sequence[dict[str, Any]]) -> tuple[Action, ...]:
    return tuple(_from_json(one) for one in kept)


def _from_json(kept: dict[str, Any]) -> Action:
    said = {name: value for name, value in kept.items() if name != "kind"}
    if "prompts" in said:
        said["prompts"] = from_json(said["prompts"])
    return _KINDS[kept["kind"]](**said)
