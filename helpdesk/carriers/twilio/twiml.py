"""TwiML, one element at a time, with the vendor's own builder: every text in it is escaped.

Pure. What a document means is decided where it is put together; here is only what may stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twilio.twiml import TwiML
from twilio.twiml.voice_response import Dial, Enqueue, Gather, VoiceResponse

LONGEST_SAY = 4000  # characters
CONTENT_TYPE = "text/xml; charset=utf-8"


class Document:
    """A response that is written from top to bottom."""

    def __init__(self) -> None:
        self._root = VoiceResponse()

    def say(self, text: str, language: str) -> None:
        _say(self._root, text, language)

    def play(self, url: str, *, times: int = 1) -> None:
        """`times` 0: for ever."""
        self._root.play(url, loop=times)

    def rest(self, seconds: int) -> None:
        self._root.pause(length=seconds)

    def ask(self, prompts: Sequence[Spoken | str], action: str, asked: Question) -> None:
        """`prompts` are spoken words, or addresses of sounds."""
        gather = Gather(
            input="dtmf speech" if asked.speech else "dtmf",
            action=action,
            method="POST",
            timeout=asked.timeout_s,
            finish_on_key=asked.finish_key,
            action_on_empty_result=True,
            language=asked.language,
            **({"num_digits": asked.digits} if asked.digits else {}),
        )
        for one in prompts:
            if isinstance(one, str):
                gather.play(one)
            else:
                _say(gather, one.text, one.language)
        self._root.append(gather)

    def enqueue(self, name: str, *, wait_url: str, action: str) -> None:
        self._root.append(
            Enqueue(name, wait_url=wait_url, wait_url_method="POST", action=action, method="POST")
        )

    def confer(self, room: Room, *, action: str) -> None:
        """Into a conference; `action` is asked when the party is out of it again."""
        dial = Dial(action=action, method="POST")
        dial.conference(
            room.name,
            participant_label=room.label,
            muted=room.muted,
            beep="false",
            start_conference_on_enter=room.starts,
            end_conference_on_exit=False,
            wait_url=room.wait_url,
            status_callback=room.told_at,
            status_callback_event="join leave",
        )
        self._root.append(dial)

    def dial(self, number: str, *, action: str, timeout_s: int, caller_id: str) -> None:
        dial = Dial(action=action, method="POST", timeout=timeout_s, caller_id=caller_id)
        dial.number(number)
        self._root.append(dial)

    def record(self, action: str, *, told_at: str, most_s: int) -> None:
        self._root.record(
            action=action,
            method="POST",
            max_length=most_s,
            play_beep=True,
            finish_on_key="#",
            recording_status_callback=told_at,
            recording_status_callback_event="completed",
        )

    def go_to(self, url: str) -> None:
        self._root.redirect(url, method="POST")

    def leave_line(self) -> None:
        """Out of the queue whose round of waiting this is: its `action` is asked."""
        self._root.leave()

    def hang_up(self) -> None:
        self._root.hangup()

    def text(self) -> str:
        return str(self._root)


@dataclass(frozen=True, slots=True)
class Spoken:
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Question:
    digits: int
    finish_key: str
    timeout_s: int
    speech: bool
    language: str


@dataclass(frozen=True, slots=True)
class Room:
    """How a party enters a conference. `starts` False: it waits until somebody who does is in."""

    name: str
    label: str
    told_at: str
    wait_url: str = ""
    starts: bool = True
    muted: bool = False


def sorry(url: str, *, tries: int, most: int = 5) -> str:
    """What is heard while we can't tell what to do: a word, a rest, and the same question again.

    Needs nothing that can be down. After `most` tries it says so and hangs up.
    """
    document = Document()
    if tries >= most:
        document.say(
            "We are sorry, we cannot take your call at the moment. Please call again later.",
            "en-GB",
        )
        document.hang_up()
        return document.text()
    document.say("We have a technical problem. Please stay on the line.", "en-GB")
    document.rest(5)
    document.go_to(url)
    return document.text()


def _say(into: TwiML, text: str, language: str) -> None:
    for part in _parts("".join(_speakable(text)).strip()):
        into.say(part, language=language)


def _speakable(text: str) -> Iterable[str]:
    """Without characters that XML has no place for."""
    return (char if char in "\t\n\r" or _is_plain(char) else " " for char in text)


def _is_plain(char: str) -> bool:
    return char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"


def _parts(text: str) -> Iterable[str]:
    for start in range(0, len(text), LONGEST_SAY):
        yield text[start : start + LONGEST_SAY]
