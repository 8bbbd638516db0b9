"""Reads of call flows: the list, versions, the flow that callers meet, and where a caller went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk.core.work import Work
from helpdesk.ivr.flow import Flow, read
from helpdesk.ivr.models import IvrFlow, IvrStep, IvrVersion, IvrWalk

PUBLISHING = "call_flow_published"
_MOST_KEPT = 200
_kept: dict[tuple[str, int], Flow] = {}


def list_flows(work: Work) -> Sequence[IvrFlow]:
    """By name; there are few."""
    return work.session.scalars(
        select(IvrFlow).where(IvrFlow.removed_at.is_(None)).order_by(IvrFlow.name, IvrFlow.id)
    ).all()


def live_version(work: Work, flow_id: str) -> int | None:
    """The number of the version that callers of this flow meet; None where there is none."""
    return work.session.scalar(
        select(IvrFlow.live_version).where(IvrFlow.id == flow_id, IvrFlow.removed_at.is_(None))
    )


def flow_of(work: Work, flow_id: str, number: int) -> Flow | None:
    """A published version as a value, kept in memory: what is published never changes."""
    found = _kept.get((flow_id, number))
    if found is None:
        row = work.session.get(IvrVersion, (flow_id, number))
        if row is None:
            return None
        found = read(row.content)
        # A transaction that publishes it just now may still roll back.
        if not work.session.info.get(PUBLISHING):
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[flow_id, number] = found
    return found


def versions_of(work: Work, flow_id: str, *, most: int = 21) -> Sequence[IvrVersion]:
    """The newest first."""
    return work.session.scalars(
        select(IvrVersion)
        .where(IvrVersion.flow_id == flow_id)
        .order_by(IvrVersion.number.desc())
        .limit(most)
    ).all()


def walk_of(work: Work, conversation_id: str, *, for_update: bool = False) -> IvrWalk | None:
    wanted = select(IvrWalk).where(IvrWalk.conversation_id == conversation_id)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalar(wanted)


def last_steps(work: Work, conversation_id: str, *, most: int = 40) -> Sequence[IvrStep]:
    """Where the caller went, the first step first, of long walks the end."""
    rows = work.session.scalars(
        select(IvrStep)
        .where(IvrStep.conversation_id == conversation_id)
        .order_by(IvrStep.seq.desc())
        .limit(most)
    ).all()
    return rows[::-1]


def calls_in_a_week(work: Work) -> dict[str, int]:
    """How many calls each flow took in the last seven days."""
    rows = work.session.execute(
        select(IvrWalk.flow_id, func.count())
        .where(IvrWalk.began_at > work.at - timedelta(days=7))
        .group_by(IvrWalk.flow_id)
    )
    return {flow_id: int(count) for flow_id, count in rows}


def live_flows(work: Work) -> dict[str, Flow]:
    """What callers of each flow meet now; flows that nobody meets are left out."""
    is_live = (IvrVersion.flow_id == IvrFlow.id) & (IvrVersion.number == IvrFlow.live_version)
    rows = work.session.scalars(
        select(IvrVersion).join(IvrFlow, is_live).where(IvrFlow.removed_at.is_(None))
    )
    return {row.flow_id: read(row.content) for row in rows}


def flows_using_calendar(work: Work, calendar_id: str) -> str | None:
    """The flows that ask these hours, live or in their draft, in words; None when none does."""
    live = live_flows(work)
    names = [
        row.name
        for row in list_flows(work)
        if any(
            calendar_id in flow.uses("calendar")
            for flow in (live.get(row.id), read(row.draft))
            if flow
        )
    ]
    return f"the call flows {', '.join(names)}" if names else None
