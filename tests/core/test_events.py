"""Events come back from the database as they were, and an unknown one is no error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from helpdesk.core.events import Event, restore


@dataclass(frozen=True, kw_only=True)
class DoorOpened(Event):
    kind: ClassVar[str] = "test.door_opened"

    door_id: str
    wide: bool = False


def test_an_event_is_restored_from_its_facts() -> None:
    event = DoorOpened(door_id="d", wide=True, customer_id="c")
    assert restore(event.kind, event.customer_id, event.facts()) == event


def test_facts_of_a_newer_version_are_left_out() -> None:
    assert restore("test.door_opened", None, {"door_id": "d", "colour": "red"}) == DoorOpened(
        door_id="d"
    )


def test_an_unknown_kind_is_none() -> None:
    assert restore("test.window_opened", None, {}) is None


def test_two_events_cannot_share_a_kind() -> None:
    with pytest.raises(TypeError, match=r"test\.door_opened"):
        type("Another", (Event,), {"kind": "test.door_opened"})
