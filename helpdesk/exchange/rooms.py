"""Conferences as values: who is in, how each stands, and who hears whom.

Pure: what happens to a conference stands in `conferencing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from helpdesk.exchange.calls import Watch

if TYPE_CHECKING:
    from helpdesk.exchange.calls import Call, Jump


@dataclass(eq=False, slots=True)
class Participant:
    call: Call
    joined_at: datetime
    updated_at: datetime
    label: str = ""
    muted: bool = False
    hold: bool = False
    coaching: str = ""  # the sid of the call that alone hears this one
    starts: bool = True
    ends: bool = False
    beep_on_enter: bool = True
    beep_on_exit: bool = True
    wait: Jump | None = None
    silent_wait: bool = False
    hold_music: Jump | None = None

    def reported(self) -> dict[str, str]:
        """How callbacks write one down."""
        values = {
            "CallSid": self.call.sid,
            "Muted": _flag(self.muted),
            "Hold": _flag(self.hold),
            "Coaching": _flag(bool(self.coaching)),
            "EndConferenceOnExit": _flag(self.ends),
            "StartConferenceOnEnter": _flag(self.starts),
        }
        if self.coaching:
            values["CallSidToCoach"] = self.coaching
        return values | ({"ParticipantLabel": self.label} if self.label else {})


@dataclass(eq=False, slots=True)
class Room:
    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    status: Literal["init", "in-progress", "completed"] = "init"
    participants: dict[str, Participant] = field(default_factory=dict)
    invited: set[str] = field(default_factory=set)  # calls that ring on their way in
    watch: Watch | None = None
    largest: int = 250
    sequence: int = 0
    record: bool = False
    record_watch: Watch | None = None
    record_trim: str = ""
    ended_because: str = ""
    ended_by: str = ""

    def find(self, key: str) -> Participant | None:
        """By the sid of the call or by the label."""
        if key in self.participants:
            return self.participants[key]
        return next((one for one in self.participants.values() if one.label == key), None)

    def may_start(self) -> bool:
        return len(self.participants) > 1 and any(one.starts for one in self.participants.values())

    def heard_by(self, call_sid: str) -> Iterator[str]:
        """The calls whose voices reach one."""
        listener = self.participants[call_sid]
        if self.status != "in-progress" or listener.hold:
            return
        for sid, one in self.participants.items():
            if sid == call_sid or one.muted or one.hold:
                continue
            if one.coaching in {"", call_sid}:
                yield sid


def _flag(value: bool) -> str:
    return "true" if value else "false"
