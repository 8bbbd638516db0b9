"""What every admin screen stands in: the side navigation by role, notes after an action, conflicts.

Not for the screens themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import select

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import Work
from helpdesk.identity import queries as people
from helpdesk.web import doors
from helpdesk.web.admin import forms
from helpdesk.web.admin.forms import Given, Values

# Sentences after something was done; the address names them, so that nobody can write his own.
NOTES = {
    "saved": "Saved.",
    "removed": "Removed.",
    "added": "Added.",
    "restored": "It is back.",
    "switched_on": "It is on.",
    "switched_off": "It is off.",
    "ended": "Signed out everywhere.",
    "over": "It is over. Customers no longer read it.",
    "reactivated": "This person can sign in again.",
    "retried": "It will be tried again within seconds.",
    "dropped": "It is put aside. Its bytes are kept.",
    "queued": "It will be sent again.",
    "published": "Published. New callers meet it from now on.",
    "live": "Callers meet this version now.",
    "draft": "The draft is this version now.",
    "booked_in": "Booked into the vans.",
    "default": "Chats that name no site now belong to this one.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody else changed while a form was open."""

    who: str
    at: datetime | None
    fields: list[tuple[str, bool]]  # label, and whether the reader had changed it too


def show(template: str, here: str, status: int = 200, **values: Any) -> Response:
    """A whole page; `here` marks the entry of the side navigation."""
    note = NOTES.get(request.args.get("note", ""))
    values = {"note": note, "errors": {}, "message": "", "stale": None, **values}
    return doors.page(f"admin/{template}", status, here=here, **values)


def is_part() -> bool:
    """Whether our own script asks for the changed part alone."""
    return request.headers.get("HX-Request") == "true"


def refusal(error: HelpdeskError) -> dict[str, Any]:
    """The error as a form shows it: beside its fields, or above the form."""
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict) and error.code in ("email_taken", "name_taken", "key_taken"):
        fields = {error.code.removesuffix("_taken"): error.message}
    return {"errors": fields, "message": "" if fields else error.message}


def stale(
    work: Work, kind: str, subject_id: str, given: Given, now: Values, labels: dict[str, str]
) -> tuple[Values, Change]:
    """The form and the notice for somebody whose page was older than what is stored."""
    shown, theirs, both = forms.merged(given.was, given.values, now)
    last = work.session.execute(
        select(AuditEntry.actor, AuditEntry.at)
        .where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).first()
    who = actor_names(work, [last.actor]).get(last.actor, "Somebody") if last else "Somebody"
    fields = [(labels.get(name, name), name in both) for name in theirs]
    return shown, Change(who, last.at if last else None, fields)


def actor_names(work: Work, labels: list[str]) -> dict[str, str]:
    """Names for audit labels such as `user:ID`; programs are named by what they do."""
    ids = [label.partition(":")[2] for label in labels if label.startswith("user:")]
    known = people.names(work, ids)
    named: dict[str, str] = {}
    for label in labels:
        kind, _, who = label.partition(":")
        if kind == "user":
            named[label] = known.get(who, "Somebody who is gone")
        else:
            named[label] = f"The program ({who})" if kind == "system" else "A visitor"
    return named


def may_change(role: str) -> bool:
    return role == "admin"
