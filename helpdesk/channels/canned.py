"""Canned replies: sentences that agents keep at hand, made, changed and removed.

`{name}` and `{agent}` are replaced as plain text and nothing else is: a reply is never a template,
so whatever else stands in braces stays as it was written. Not for sending them (the composer puts
the text into the message) and not for listing them at the desk (`queries.canned_replies`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import CannedReply
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

PLACEHOLDERS = {"name": "the customer's name", "agent": "the agent's public name"}
LONGEST_TEXT = 4000

_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# One word in single braces was meant as a placeholder; `{{x}}`, `${x}` and `{0.y}` were not.
_MEANT = re.compile(r"(?<![{$%])\{([a-z_]{1,30})\}(?!\})")


def may_edit(work: Work) -> bool:
    """Supervisors word the replies, since they hear what customers ask."""
    return work.actor.kind == "system" or work.actor.is_supervisor


def create_reply(
    work: Work, *, shortcut: str, title: str, text: str, team_id: str | None = None
) -> CannedReply:
    """A new reply; `team_id` None is everybody's. The caller has made sure that the team exists."""
    _require(work)
    values = _checked(shortcut, title, text, team_id)
    _refuse_taken(work, values["shortcut"], values["team_id"], None)
    reply = CannedReply(id=new_id(), version=1, **values)
    work.session.add(reply)
    work.session.flush()
    work.audit("canned_reply.added", "canned_reply", reply.id, **values)
    return reply


def change_reply(
    work: Work,
    reply_id: str,
    *,
    version: int,
    shortcut: str,
    title: str,
    text: str,
    team_id: str | None = None,
) -> CannedReply:
    """The whole reply anew; Conflict when somebody changed it since `version`."""
    _require(work)
    reply = _locked(work, reply_id, version)
    values = _checked(shortcut, title, text, team_id)
    _refuse_taken(work, values["shortcut"], values["team_id"], reply.id)
    before = {key: getattr(reply, key) for key in values if getattr(reply, key) != values[key]}
    if not before:
        return reply
    for key in before:
        setattr(reply, key, values[key])
    reply.version += 1
    work.session.flush()
    after = {key: values[key] for key in before}
    work.audit("canned_reply.changed", "canned_reply", reply.id, before=before, after=after)
    return reply


def remove_reply(work: Work, reply_id: str, *, version: int) -> dict[str, Any]:
    """Remove the reply; answers what it was, so that it can be made again."""
    _require(work)
    reply = _locked(work, reply_id, version)
    was = facts_of(reply)
    work.session.delete(reply)
    work.audit("canned_reply.removed", "canned_reply", reply_id, **was)
    return was


def get_reply(work: Work, reply_id: str) -> CannedReply:
    if not work.actor.on_desk and work.actor.kind != "system":
        raise NotFound()
    reply = work.session.get(CannedReply, reply_id) if is_id(reply_id) else None
    if reply is None:
        raise NotFound()
    return reply


def every_reply(work: Work) -> Sequence[CannedReply]:
    """All replies of all teams by shortcut, for those who word them."""
    _require(work)
    return work.session.scalars(
        select(CannedReply).order_by(CannedReply.shortcut, CannedReply.id)
    ).all()


def fill(text: str, *, name: str, agent: str) -> str:
    """The reply as it is sent. One pass: a customer called `{agent}` stays `{agent}`."""
    values = {"name": name, "agent": agent}
    return re.sub(r"\{(name|agent)\}", lambda found: values[found[1]], text)


def facts_of(reply: CannedReply) -> dict[str, Any]:
    return {
        "shortcut": reply.shortcut,
        "title": reply.title,
        "text": reply.text,
        "team_id": reply.team_id,
    }


def _require(work: Work) -> None:
    if not may_edit(work):
        raise Forbidden("Only supervisors and administrators change canned replies.")


def _locked(work: Work, reply_id: str, version: int) -> CannedReply:
    reply = (
        work.session.get(CannedReply, reply_id, with_for_update=True, populate_existing=True)
        if is_id(reply_id)
        else None
    )
    if reply is None:
        raise NotFound()
    if reply.version != version:
        raise Conflict("Somebody changed this reply meanwhile. Load it again.", code="stale")
    return reply


def _checked(shortcut: str, title: str, text: str, team_id: str | None) -> dict[str, Any]:
    shortcut = shortcut.strip().lstrip("/").lower()
    title = " ".join(title.split())
    text = text.replace("\r\n", "\n")
    wrong: dict[str, str] = {}
    if not _SHORTCUT.fullmatch(shortcut):
        wrong["shortcut"] = "Use up to 40 lower-case letters, digits, - and _."
    if not 1 <= len(title) <= 80 or not title.isprintable():
        wrong["title"] = "Give a title of up to 80 characters."
    if problem := _text_problem(text):
        wrong["text"] = problem
    if wrong:
        raise Invalid(fields=wrong)
    return {"shortcut": shortcut, "title": title, "text": text, "team_id": team_id or None}


def _text_problem(text: str) -> str | None:
    if not text.strip():
        return "Write the reply."
    if len(text) > LONGEST_TEXT:
        return f"Use at most {LONGEST_TEXT:,} characters."
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        return "This holds a character that can't be stored."
    unknown = [word for word in _MEANT.findall(text) if word not in PLACEHOLDERS]
    if unknown:
        return f"There is no {{{unknown[0]}}}. Use {{name}} or {{agent}}."
    return None


def _refuse_taken(work: Work, shortcut: str, team_id: str | None, own_id: str | None) -> None:
    same_team = CannedReply.team_id.is_(None) if not team_id else CannedReply.team_id == team_id
    taken = work.session.scalar(
        select(CannedReply.id).where(CannedReply.shortcut == shortcut, same_team)
    )
    if taken is not None and taken != own_id:
        raise Invalid(fields={"shortcut": "Another reply has this shortcut already."})
