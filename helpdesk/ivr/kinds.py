"""What steps a flow may hold and what each of them says: the one table that everything reads.

The check of a flow, the walk, the form of the administrator and the differences between versions
all go by it, so a new field is one line here. Not for what a step does (see `walking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_TEXT = 600
PRIORITIES = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}
ASKS = {
    "recognised": "the caller is recognised",
    "tag": "the caller has one of these tags",
    "priority": "an open ticket has at least this priority",
    "time": "it is between these times",
}
KEYS = tuple("1234567890*#")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a step says.

    `what` is text, goto, whole, phone, flag, choice, clock, tags, or what the id in it belongs to:
    queue, calendar, skill, sound, lookup, proof. `after_input`: this way is only gone once the
    caller gave something. `only` names another field and the value with which this one counts.
    `rare`: seldom touched, so it stands folded away.
    """

    name: str
    what: str
    label: str
    hint: str = ""
    needed: bool = True
    least: int = 0
    most: int = LONGEST_TEXT
    default: str = ""
    after_input: bool = False
    only: tuple[str, str] | None = None
    rare: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """`ends`: the walk is over here, the caller waits, speaks to a machine, or is gone."""

    name: str
    words: str
    lead: str
    fields: tuple[Field, ...]
    ends: bool = False


def _text(
    name: str, label: str, *, default: str = "", needed: bool = True, hint: str = ""
) -> Field:
    return Field(name, "text", label, hint, needed, default=default)


def _goto(name: str, label: str, *, after_input: bool = False) -> Field:
    return Field(name, "goto", label, after_input=after_input)


def _rare(name: str, label: str, default: str) -> Field:
    return Field(name, "text", label, needed=False, default=default, rare=True)


_RETRIES = Field("retries", "whole", "How often it is asked again", most=5, default="2", rare=True)
_NOTHING = _rare("no_input", "When nothing comes", "I did not hear anything.")
_INVALID = _rare("invalid", "When it does not fit", "I did not get that.")
_BEFORE = _text("text", "Said before", needed=False)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "menu",
            "Menu",
            "The caller chooses with a key or a word.",
            (
                _text("prompt", "What is asked"),
                _RETRIES,
                _NOTHING,
                _INVALID,
                _goto("otherwise", "Without a choice, go to"),
            ),
        ),
        Kind(
            "speak",
            "Say something",
            "A text is read out.",
            (_text("text", "What is said"), _goto("next", "Then go to")),
        ),
        Kind(
            "play",
            "Play a sound",
            "A sound file is played.",
            (Field("sound_id", "sound", "Sound", most=36), _goto("next", "Then go to")),
        ),
        Kind(
            "ask",
            "Ask for a number",
            "The caller types or says digits; whoever answers sees them.",
            (
                _text("prompt", "What is asked"),
                Field("label", "line", "Called on the desk", most=40, default="Number"),
                Field(
                    "digits",
                    "whole",
                    "How many digits",
                    "0 is any number of them, ended with #.",
                    most=20,
                    default="0",
                ),
                Field("speech", "flag", "May be spoken", needed=False),
                Field("secret", "flag", "Keep it from the desk and the records", needed=False),
                _RETRIES,
                _NOTHING,
                _INVALID,
                _goto("next", "Then go to", after_input=True),
                _goto("otherwise", "Without a number, go to"),
            ),
        ),
        Kind(
            "hours",
            "Opening hours",
            "Two ways, by the hours of a calendar.",
            (
                Field("calendar_id", "calendar", "Hours", most=36),
                _goto("open", "While open, go to"),
                _goto("closed", "While closed, go to"),
            ),
        ),
        Kind(
            "condition",
            "Condition",
            "Two ways, by who calls or by the clock. A caller's number proves nothing.",
            (
                Field("asks", "choice", "When", default="recognised", options=ASKS),
                Field("tags", "tags", "Tags", "With commas between them.", only=("asks", "tag")),
                Field(
                    "priority",
                    "choice",
                    "Priority",
                    default="urgent",
                    options=PRIORITIES,
                    only=("asks", "priority"),
                ),
                Field("from", "clock", "From", default="08:00", most=5, only=("asks", "time")),
                Field("until", "clock", "Until", default="18:00", most=5, only=("asks", "time")),
                _goto("then", "If so, go to"),
                _goto("otherwise", "If not, go to"),
            ),
        ),
        Kind(
            "lookup",
            "Look something up",
            "Read out to callers who give a number and prove who they are.",
            (
                Field("what", "lookup", "What is looked up", most=40),
                _text("prompt", "Asks for the number"),
                Field(
                    "proof",
                    "proof",
                    "Proof",
                    "The caller gives the digits of this field in their record, at least four. "
                    "The number they call from is none: it can be faked.",
                    most=60,
                ),
                _text("proof_prompt", "Asks for the proof", needed=False),
                _RETRIES,
                _NOTHING,
                _INVALID,
                _rare("wrong", "When they don't fit", "These numbers don't fit together."),
                _goto("next", "After the answer, go to", after_input=True),
                _goto("refused", "Otherwise, go to"),
            ),
        ),
        Kind(
            "visit",
            "Book or move a visit",
            "Windows are read out to callers who prove who they are; a key books one.",
            (
                _text("prompt", "Asks for the number of the ticket or visit"),
                Field(
                    "proof",
                    "proof",
                    "Proof",
                    "The caller gives the digits of this field in their record, at least four.",
                    most=60,
                ),
                _text("proof_prompt", "Asks for the proof"),
                _RETRIES,
                _NOTHING,
                _INVALID,
                _rare("wrong", "When they don't fit", "These numbers don't fit together."),
                _goto("next", "Once it is booked, go to", after_input=True),
                _goto("refused", "Otherwise, go to"),
            ),
        ),
        Kind(
            "queue",
            "Wait for a person",
            "The caller stands in a queue.",
            (
                _BEFORE,
                Field("queue_id", "queue", "Queue", most=36),
                Field("skill", "skill", "Only people who can", needed=False, most=36, rare=True),
                Field("level", "whole", "At level", least=1, most=5, default="1", rare=True),
                Field(
                    "reason",
                    "line",
                    "Reason on the desk",
                    "Without one the step's name stands there.",
                    needed=False,
                    most=120,
                    rare=True,
                ),
                Field(
                    "head_start_s",
                    "whole",
                    "Head start in seconds",
                    "These callers come before others who wait as long.",
                    most=600,
                    default="0",
                    rare=True,
                ),
            ),
            ends=True,
        ),
        Kind(
            "voicemail",
            "Voicemail",
            "The caller speaks after the tone; it becomes a ticket.",
            (
                _BEFORE,
                Field("queue_id", "queue", "Queue of the ticket", most=36),
                Field(
                    "most_s", "whole", "Longest, in seconds", least=10, most=600, default="180"
                ),
            ),
            ends=True,
        ),
        Kind(
            "callback",
            "Callback",
            "We ring when it is the caller's turn, at a number that they confirm.",
            (
                _BEFORE,
                Field(
                    "from",
                    "clock",
                    "Ring from",
                    "Both empty: whenever the queue is open.",
                    needed=False,
                    most=5,
                ),
                Field(
                    "until",
                    "clock",
                    "Until",
                    "By the clock of the flow's time zone.",
                    needed=False,
                    most=5,
                ),
                Field("queue_id", "queue", "Queue", most=36),
                _rare(
                    "confirm",
                    "Reads the number out",
                    "We will ring you at {number}. Press 1 if that is right, 2 for another number.",
                ),
                _rare(
                    "asks_number",
                    "Asks for another number",
                    "Please type the number that we shall ring, and then hash.",
                ),
                _RETRIES,
                _NOTHING,
                _rare("invalid", "When it does not fit", "That is no number that we can ring."),
                _rare("thanks", "Said at the end", "Thank you. We ring you when it is your turn."),
                _rare(
                    "stays", "Without a number", "Please stay on the line, somebody will help you."
                ),
            ),
            ends=True,
        ),
        Kind(
            "transfer",
            "Put through outside",
            "A telephone number elsewhere rings.",
            (
                _BEFORE,
                Field("number", "phone", "Number", "With + and country code.", most=20),
                Field(
                    "timeout_s", "whole", "Rings for, in seconds", least=5, most=120, default="25"
                ),
                _goto("no_answer", "When nobody answers, go to"),
            ),
        ),
        Kind(
            "hangup",
            "Hang up",
            "The call ends.",
            (_BEFORE,),
            ends=True,
        ),
    )
}  # fmt: skip


def counts(one: Field, said: Mapping[str, object]) -> bool:
    """Whether this field matters beside what the others of its step say."""
    return one.only is None or said.get(one.only[0]) == one.only[1]
