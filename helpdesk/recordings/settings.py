"""How each queue's calls are recorded and how long recordings stay: what administrators set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from helpdesk.core import stored_settings
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.recordings import rules
from helpdesk.recordings.models import RecordingRule

KEPT = "recordings.kept"
FIELDS = ("mode", "announcement", "keep_days", "listeners", "downloads")


def rule_of(work: Work, queue_id: str) -> RecordingRule:
    """The queue's rule, read once a transaction; one that says never where nobody set it."""
    known: dict[str, RecordingRule] = work.session.info.setdefault(KEPT, {})
    if queue_id not in known:
        known[queue_id] = work.session.get(RecordingRule, queue_id) or _none(queue_id)
    return known[queue_id]


def _none(queue_id: str) -> RecordingRule:
    return RecordingRule(
        queue_id=queue_id, mode="never", announcement="", keep_days=None,
        listeners="supervisors", downloads=False, version=0,
    )  # fmt: skip


def all_rules(work: Work) -> dict[str, RecordingRule]:
    return {row.queue_id: row for row in work.session.scalars(select(RecordingRule))}


def usual_days(work: Work) -> int:
    return int(stored_settings.get(work, KEPT, {"days": rules.KEEP_DAYS})["days"])


def set_usual_days(work: Work, text: str) -> None:
    _only_admins(work)
    stored_settings.put(work, KEPT, {"days": _days(text, "days")})


def set_rule(work: Work, queue_id: str, *, version: int, given: Mapping[str, Any]) -> RecordingRule:
    """`given` are the FIELDS as texts and flags. Conflict (`stale`), Invalid by field."""
    _only_admins(work)
    found = work.session.get(RecordingRule, queue_id, with_for_update=True)
    if (found.version if found else 0) != version:
        raise Conflict("Somebody changed this queue's recording meanwhile.", code="stale")
    values = _checked(given)
    if found is None:
        found = RecordingRule(queue_id=queue_id, version=0)
        work.session.add(found)
    for name, value in values.items():
        setattr(found, name, value)
    found.version = version + 1
    work.audit("recording.rule_changed", "queue", queue_id, **values)
    return found


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    mode, listeners = str(given["mode"]), str(given["listeners"])
    text = " ".join(str(given["announcement"]).replace("\0", "").split())
    if mode not in rules.MODES:
        wrong["mode"] = "Choose one of the three."
    if listeners not in rules.LISTENERS:
        wrong["listeners"] = "Choose who may listen."
    if len(text) > rules.LONGEST_ANNOUNCEMENT:
        wrong["announcement"] = f"Use at most {rules.LONGEST_ANNOUNCEMENT} characters."
    elif mode == "always" and not text:
        wrong["announcement"] = "Callers must hear that they are recorded. Write what they hear."
    elif mode == "ask" and rules.AGREES not in text:
        wrong["announcement"] = "Say that callers agree with key 1."
    days = None
    if str(given["keep_days"]).strip():
        try:
            days = _days(str(given["keep_days"]), "keep_days")
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "mode": mode, "announcement": text, "keep_days": days, "listeners": listeners,
        "downloads": bool(given["downloads"]),
    }  # fmt: skip


def _days(text: str, field: str) -> int:
    words = text.strip()
    if not (words.isascii() and words.isdigit() and 1 <= int(words[:6]) <= rules.MOST_DAYS):
        told = f"Give a whole number of days from 1 to {rules.MOST_DAYS}."
        raise Invalid(fields={field: told})
    return int(words)


def _only_admins(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only administrators set up recording.")
