"""Views: a filter and an order under a name. Some come with the house, others people save.

A view is one's own, a team's or everybody's. What is shared is a list, never a right: each reader
sees through it what they may see anyway. Not for reading the tickets (see `listing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.identity.models import Team
from helpdesk.tickets import filters
from helpdesk.tickets.filters import Filter
from helpdesk.tickets.models import SavedView
from helpdesk.tickets.permissions import require_desk

AUDIENCES = ("own", "team", "everybody")
LONGEST_NAME = 60
MOST_OWN = 50
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class View:
    """A view as a page shows it; `saved` is the row behind it, None for one of the house."""

    key: str
    name: str
    filter: Filter
    sort: str
    icon: str
    saved: SavedView | None = None
    may_change: bool = False


STANDARD: tuple[View, ...] = (
    View("mine", "My open tickets", Filter(assignee=("me",)), "due", "user-round"),
    View(
        "unassigned", "Unassigned in my queues", Filter(assignee=("nobody",), queue=("mine",)),
        "due", "inbox",
    ),
    View(
        "waiting", "Waiting on customer", Filter(state=("waiting_on_customer",)), "oldest",
        "hourglass",
    ),
    View("due", "Due soon or late", Filter(due=("soon",)), "due", "alarm-clock"),
    View("resolved", "Recently resolved", Filter(scope="done"), "resolved", "circle-check"),
    View("open", "All open", Filter(), "due", "circle-dot"),
)  # fmt: skip
_BY_KEY = {view.key: view for view in STANDARD}


def views_for(work: Work) -> Sequence[View]:
    """Those of the house, then the reader's own, then those shared with them."""
    require_desk(work)
    rows = work.session.scalars(
        select(SavedView)
        .where(_visible(work))
        .order_by(SavedView.audience != "own", SavedView.position, SavedView.name, SavedView.id)
        .limit(MOST_SHOWN)
    )
    return [*STANDARD, *(_shown(work, row) for row in rows)]


def get_view_of_house(key: str) -> View:
    """One that comes with the house."""
    return _BY_KEY[key]


def get_view(work: Work, key: str) -> View:
    """By its word or its id; NotFound for what is not shared with the reader."""
    require_desk(work)
    if key in _BY_KEY:
        return _BY_KEY[key]
    return _shown(work, _row(work, key))


def save_view(
    work: Work,
    *,
    name: str,
    filter: Filter,
    sort: str,
    audience: str = "own",
    team_id: str | None = None,
) -> View:
    """Keep a filter under a name. Everybody's are made by supervisors, a team's by its people."""
    require_desk(work)
    values = _checked(work, name, filter, sort, audience, team_id)
    own = select(func.count()).where(SavedView.owner_id == work.actor.id)
    if (work.session.scalar(own) or 0) >= MOST_OWN:
        raise Conflict(f"You have {MOST_OWN} views already. Remove one first.", code="too_many")
    last = select(func.max(SavedView.position)).where(_visible(work))
    position = (work.session.scalar(last) or 0) + 1
    row = SavedView(
        id=new_id(),
        owner_id=work.actor.id,
        position=position,
        created_at=work.at,
        version=1,
        **values,
    )
    work.session.add(row)
    work.session.flush()
    if audience != "own":
        work.audit("ticket_view.shared", "ticket_view", row.id, **_facts(row))
    return _shown(work, row)


def change_view(
    work: Work,
    view_id: str,
    *,
    version: int,
    name: str,
    filter: Filter,
    sort: str,
    audience: str = "own",
    team_id: str | None = None,
) -> View:
    """The whole view anew; Conflict when somebody changed it since `version`."""
    row = _changeable(work, view_id)
    if row.version != version:
        raise Conflict("Somebody changed this view meanwhile. Look again.", code="stale")
    values = _checked(work, name, filter, sort, audience, team_id)
    before = _facts(row)
    for field, value in values.items():
        setattr(row, field, value)
    row.version += 1
    work.session.flush()
    if "own" not in (before["audience"], row.audience) or before["audience"] != row.audience:
        work.audit("ticket_view.changed", "ticket_view", row.id, before=before, after=_facts(row))
    return _shown(work, row)


def remove_view(work: Work, view_id: str) -> dict[str, Any]:
    """Remove the view; answers what it was, so that it can be saved again."""
    row = _changeable(work, view_id)
    was = _facts(row)
    if row.audience != "own":
        work.audit("ticket_view.removed", "ticket_view", row.id, **was)
    work.session.delete(row)
    work.session.flush()
    return was


def move_view(work: Work, view_id: str, *, up: bool) -> None:
    """One place up or down among those the reader may change."""
    row = _changeable(work, view_id)
    wanted = SavedView.audience == row.audience
    mine = wanted if row.audience != "own" else wanted & (SavedView.owner_id == row.owner_id)
    rows = list(
        work.session.scalars(
            select(SavedView)
            .where(mine, _visible(work))
            .order_by(SavedView.position, SavedView.name, SavedView.id)
            .with_for_update()
        )
    )
    at = rows.index(row)
    to = at - 1 if up else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    for position, one in enumerate(rows, start=1):
        one.position = position


def may_share_with_all(work: Work) -> bool:
    return work.actor.kind == "system" or work.actor.is_supervisor


def _visible(work: Work) -> Any:
    team = SavedView.team_id.in_(sorted(work.actor.team_ids))
    return or_(
        SavedView.owner_id == work.actor.id,
        SavedView.audience == "everybody",
        (SavedView.audience == "team") & team,
    )


def _shown(work: Work, row: SavedView) -> View:
    wanted = filters.from_dict(row.filter)
    icon = {"own": "bookmark", "team": "users", "everybody": "globe"}[row.audience]
    sort = filters.sort_or_default(wanted, row.sort)
    return View(row.id, row.name, wanted, sort, icon, row, _may_change(work, row))


def _may_change(work: Work, row: SavedView) -> bool:
    if row.audience != "own" and may_share_with_all(work):
        return True
    return row.owner_id == work.actor.id


def _row(work: Work, view_id: str) -> SavedView:
    wanted = select(SavedView).where(SavedView.id == view_id, _visible(work))
    found = work.session.scalar(wanted) if is_id(view_id) else None
    if found is None:
        raise NotFound("There is no such view.")
    return found


def _changeable(work: Work, view_id: str) -> SavedView:
    require_desk(work)
    row = _row(work, view_id)
    if not _may_change(work, row):
        raise Forbidden("Only whoever shares this view can change it.")
    work.session.refresh(row, with_for_update=True)
    return row


def _checked(
    work: Work, name: str, wanted: Filter, sort: str, audience: str, team_id: str | None
) -> dict[str, Any]:
    name = " ".join(name.split())
    wrong: dict[str, str] = {}
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        wrong["name"] = f"Give a name of up to {LONGEST_NAME} characters."
    if audience not in AUDIENCES:
        wrong["audience"] = f"Choose one of {', '.join(AUDIENCES)}."
    elif audience == "everybody" and not may_share_with_all(work):
        wrong["audience"] = "Supervisors share views with everybody."
    elif audience == "team":
        known = is_id(team_id) and work.session.get(Team, team_id) is not None
        if not known or not (may_share_with_all(work) or team_id in work.actor.team_ids):
            wrong["team_id"] = "Choose one of your teams."
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "name": name,
        "filter": filters.as_dict(wanted),
        "sort": filters.sort_or_default(wanted, sort),
        "audience": audience,
        "team_id": team_id if audience == "team" else None,
    }


def _facts(row: SavedView) -> dict[str, Any]:
    kept = ("name", "filter", "sort", "audience", "team_id")
    return {name: getattr(row, name) for name in kept}
