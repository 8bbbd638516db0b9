"""Bulletins written, changed, ended and removed; each change stands in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.bulletins import permissions
from helpdesk.bulletins.models import Bulletin
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import field_values
from helpdesk.customers.models import Organisation

SEVERITIES = ("incident", "warning", "news")
AUDIENCES = ("everybody", "signed_in", "organisation")
LONGEST_TITLE = 120
LONGEST_TEXT = 2_000
FIELDS = frozenset({"severity", "texts", "audience", "organisation_id", "from_at", "to_at"})


def add(work: Work, **given: Any) -> Bulletin:
    """`texts` {language: (title, text)}; a language without a title is left out."""
    permissions.require_writing(work)
    values = _checked(work, given)
    row = Bulletin(id=new_id(), created_at=work.at, removed_at=None, version=1, **values)
    work.session.add(row)
    work.session.flush()
    work.audit("bulletin.added", "bulletin", row.id, severity=row.severity, texts=row.texts)
    return row


def change(work: Work, bulletin_id: str, *, version: int, **given: Any) -> Bulletin:
    row = get(work, bulletin_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    values = _checked(work, given)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.version += 1
        work.session.flush()
        work.audit("bulletin.changed", "bulletin", row.id, changed=changed, texts=row.texts)
    return row


def end(work: Work, bulletin_id: str) -> Bulletin:
    """Nobody is told any more from now on; saying it twice changes nothing."""
    row = get(work, bulletin_id, lock=True)
    if row.to_at is None or row.to_at > work.at:
        # One that had not begun yet never will.
        row.from_at, row.to_at = min(row.from_at, work.at), work.at
        row.version += 1
        work.session.flush()
        work.audit("bulletin.ended", "bulletin", row.id)
    return row


def remove(work: Work, bulletin_id: str) -> None:
    row = get(work, bulletin_id, lock=True)
    if row.removed_at is None:
        row.removed_at = work.at
        row.version += 1
        work.session.flush()
        work.audit("bulletin.removed", "bulletin", row.id, texts=row.texts)


def get(work: Work, bulletin_id: str, *, lock: bool = False) -> Bulletin:
    permissions.require_writing(work)
    row = None
    if is_id(bulletin_id):
        row = work.session.get(Bulletin, bulletin_id, with_for_update=lock, populate_existing=lock)
    if row is None or row.removed_at is not None:
        raise NotFound()
    return row


def _checked(work: Work, given: Mapping[str, Any]) -> dict[str, Any]:
    if set(given) != FIELDS:
        raise ValueError("a bulletin is given whole")
    wrong: dict[str, str] = {}
    values = {**given, "texts": _texts(given["texts"], wrong)}
    if given["severity"] not in SEVERITIES:
        wrong["severity"] = "Choose how serious it is."
    if given["audience"] not in AUDIENCES:
        wrong["audience"] = "Choose who reads it."
    values["organisation_id"] = _organisation(work, given, wrong)
    from_at: datetime | None = given["from_at"]
    if from_at is None:
        values["from_at"] = work.at
    elif given["to_at"] is not None and given["to_at"] <= from_at:
        wrong["to_at"] = "Choose an end after the beginning."
    if wrong:
        raise Invalid(fields=wrong)
    return values


def _texts(given: Mapping[str, tuple[str, str]], wrong: dict[str, str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for language, (title, text) in given.items():
        title, text = field_values.storable(title).strip(), field_values.storable(text).strip()
        if len(title) > LONGEST_TITLE:
            wrong[f"title_{language}"] = f"Use at most {LONGEST_TITLE} characters."
        if len(text) > LONGEST_TEXT:
            wrong[f"text_{language}"] = f"Use at most {LONGEST_TEXT:,} characters."
        if text and not title:
            wrong[f"title_{language}"] = "Write a title."
        if title:
            kept[language] = {"title": title, "text": text}
    if not kept and not wrong:
        wrong[f"title_{next(iter(given))}"] = "Write a title in one language at least."
    return kept


def _organisation(work: Work, given: Mapping[str, Any], wrong: dict[str, str]) -> str | None:
    if given["audience"] != "organisation":
        return None
    wanted = given["organisation_id"]
    if not is_id(wanted) or work.session.get(Organisation, wanted) is None:
        wrong["organisation_id"] = "Choose an organisation from the list."
    return str(wanted)
