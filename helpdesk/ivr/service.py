"""Setting call flows up: a draft, versions that are published, and which one callers meet.

Not for what a flow does (`walking`), nor for calls in it (the workflow `call_flows`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.ivr import permissions
from helpdesk.ivr.checking import Known, problems
from helpdesk.ivr.events import FlowPublished
from helpdesk.ivr.flow import MOST_NODES, as_content, read
from helpdesk.ivr.models import IvrFlow, IvrVersion
from helpdesk.ivr.queries import PUBLISHING

LONGEST_NAME = 80
LONGEST_NOTE = 200
LARGEST = 200_000
MOST_FLOWS = 100

Use = Callable[[Work, str], str | None]
_uses: list[Use] = []


def register_use(use: Use) -> None:
    """Add a question asked before a flow is removed: what leads callers to it, in words?"""
    if use not in _uses:
        _uses.append(use)


def add_flow(work: Work, *, name: str, content: Mapping[str, Any]) -> IvrFlow:
    """A new flow that no caller meets until it is published."""
    permissions.require_set_up(work)
    count = work.session.scalar(select(func.count()).where(IvrFlow.removed_at.is_(None)))
    if (count or 0) >= MOST_FLOWS:
        raise Conflict(f"There are {MOST_FLOWS} flows, the most there can be.", code="too_many")
    row = IvrFlow(
        id=new_id(),
        name=_name(name),
        draft=_content(content),
        last_version=0,
        created_at=work.at,
        changed_at=work.at,
        version=1,
    )
    work.session.add(row)
    work.session.flush()
    work.audit("call_flow.added", "call_flow", row.id, name=row.name)
    return row


def save_draft(
    work: Work, flow_id: str, *, name: str, content: Mapping[str, Any], version: int
) -> IvrFlow:
    """The draft from now on, finished or not; Conflict (`stale`) if it changed since `version`."""
    permissions.require_set_up(work)
    row = get_flow(work, flow_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this flow meanwhile. Look again and repeat.", code="stale")
    named, said = _name(name), _content(content)
    if (row.name, row.draft) != (named, said):
        before = row.name
        row.name, row.draft = named, said
        _touch(work, row)
        work.audit("call_flow.changed", "call_flow", row.id, name=named, before=before)
    return row


def publish(work: Work, flow_id: str, known: Known, *, note: str, version: int) -> IvrVersion:
    """Make the draft a version and the one that callers meet. Invalid while anything is wrong."""
    permissions.require_set_up(work)
    row = get_flow(work, flow_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this flow meanwhile. Look again and repeat.", code="stale")
    if found := problems(read(row.draft), known):
        words = "one thing" if len(found) == 1 else f"{len(found)} things"
        raise Invalid(f"Mend {words} in the draft first: {found[0].text}", code="not_ready")
    row.last_version += 1
    made = IvrVersion(
        flow_id=row.id,
        number=row.last_version,
        content=row.draft,
        note=" ".join(note.split())[:LONGEST_NOTE],
        at=work.at,
        actor=work.actor.label,
    )
    work.session.add(made)
    work.session.info[PUBLISHING] = True
    _make_live(work, row, made.number, "published", note=made.note)
    return made


def make_live(work: Work, flow_id: str, number: int) -> IvrFlow:
    """Back (or forth) to another version; calls that are in a flow already end in theirs."""
    permissions.require_set_up(work)
    row = get_flow(work, flow_id, lock=True)
    get_version(work, flow_id, number)
    if row.live_version != number:
        _make_live(work, row, number, "rolled_back")
    return row


def take_as_draft(work: Work, flow_id: str, number: int) -> IvrFlow:
    """Work on from that version; the draft as it was is given up."""
    permissions.require_set_up(work)
    row = get_flow(work, flow_id, lock=True)
    row.draft = get_version(work, flow_id, number).content
    _touch(work, row)
    work.audit("call_flow.draft_taken", "call_flow", row.id, name=row.name, number=number)
    return row


def remove(work: Work, flow_id: str) -> IvrFlow:
    """Out of the list; Conflict (`in_use`) while something leads callers to it."""
    permissions.require_set_up(work)
    row = get_flow(work, flow_id, lock=True)
    used = [words for use in _uses if (words := use(work, row.id))]
    if used:
        raise Conflict(f"Still used by {', '.join(used)}. Change that first.", code="in_use")
    row.removed_at = work.at
    _touch(work, row)
    work.audit("call_flow.removed", "call_flow", row.id, name=row.name)
    return row


def restore(work: Work, flow_id: str) -> IvrFlow:
    permissions.require_set_up(work)
    row = work.session.get(IvrFlow, flow_id, with_for_update=True) if is_id(flow_id) else None
    if row is None:
        raise NotFound()
    if row.removed_at is not None:
        row.removed_at = None
        _touch(work, row)
        work.audit("call_flow.restored", "call_flow", row.id, name=row.name)
    return row


def get_flow(work: Work, flow_id: str, *, lock: bool = False) -> IvrFlow:
    row = (
        work.session.get(IvrFlow, flow_id, with_for_update=lock, populate_existing=lock)
        if is_id(flow_id)
        else None
    )
    if row is None or row.removed_at is not None:
        raise NotFound("This call flow does not exist.")
    return row


def get_version(work: Work, flow_id: str, number: int) -> IvrVersion:
    there = is_id(flow_id) and 0 < number < 2**31
    found = work.session.get(IvrVersion, (flow_id, number)) if there else None
    if found is None:
        raise NotFound("There is no such version.")
    return found


def _make_live(work: Work, row: IvrFlow, number: int, what: str, **details: Any) -> None:
    before, row.live_version = row.live_version, number
    _touch(work, row)
    work.emit(FlowPublished(flow_id=row.id, number=number))
    work.audit(
        f"call_flow.{what}",
        "call_flow",
        row.id,
        name=row.name,
        number=number,
        before=before,
        **details,
    )


def _content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The draft in its stored form: only what flows know, and not without end."""
    said = as_content(read(content))
    if len(said["nodes"]) > MOST_NODES:
        raise Invalid(f"Use at most {MOST_NODES} steps.", code="too_large")
    if len(json.dumps(said)) > LARGEST:
        raise Invalid("This flow is too large. Shorten its texts.", code="too_large")
    return said


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(fields={"name": f"Give it a name of up to {LONGEST_NAME} characters."})
    return name


def _touch(work: Work, row: IvrFlow) -> None:
    row.version += 1
    row.changed_at = work.at
    work.session.flush()
