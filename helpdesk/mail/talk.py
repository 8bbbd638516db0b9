"""A chat as it is read in a mail: who said what and when, as plain text and as modest HTML. Pure.

Words of customers are never made into links: the mail bears our name, and anybody may have a copy
sent to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from helpdesk.mail import wording

# Signs that turn the order of letters around, so that a text reads as another.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DAY = "margin:20px 0 10px;color:#5b6270;font-size:13px"
_LINE = "margin:0 0 12px"
_TIME = "color:#5b6270;font-size:13px"


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `by`: agent, visitor, or system, whose words have no name."""

    at: datetime
    by: str
    name: str
    text: str
    files: Sequence[str] = ()


def as_text(said: Sequence[Said], zone: str) -> str:
    """Days as headings; one paragraph each."""
    out: list[str] = []
    before: date | None = None
    for one in said:
        local = one.at.astimezone(ZoneInfo(zone))
        if local.date() != before:
            before = local.date()
            out.append(_heading(before, zone))
        who = f"{_plain(one.name)}, {local:%H:%M}" if one.by != "system" else f"{local:%H:%M}"
        out.append("\n".join([f"{who}:", *_body(one)]))
    return "\n\n".join(out)


def as_html(said: Sequence[Said], zone: str) -> str:
    out: list[str] = []
    before: date | None = None
    for one in said:
        local = one.at.astimezone(ZoneInfo(zone))
        if local.date() != before:
            before = local.date()
            out.append(f'<p style="{_DAY}">{escape(_heading(before, zone))}</p>')
        name = f"<strong>{escape(_plain(one.name))}</strong> " if one.by != "system" else ""
        mark = wording.linked if one.by == "agent" else escape
        words = "<br>".join(mark(line) for line in "\n".join(_body(one)).split("\n"))
        when = f'<span style="{_TIME}">{local:%H:%M}</span>'
        out.append(f'<p style="{_LINE}">{name}{when}<br>{words}</p>')
    return wording.framed("\n".join(out))


def _heading(day: date, zone: str) -> str:
    return f"{day.isoformat()} ({zone.replace('_', ' ')})"


def _body(one: Said) -> list[str]:
    text = _TURNS.sub("", one.text).strip("\n")
    return [*([text] if text else []), *(f"[{_plain(name)}]" for name in one.files)]


def _plain(text: str) -> str:
    return " ".join(_TURNS.sub("", text).split())
