"""Searches that people kept: words and filters under a name, for oneself or for one's team.

Keeping a search keeps no results: who opens it searches with their own rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.search import permissions
from helpdesk.search.events import SavedSearchChanged
from helpdesk.search.models import SavedSearch
from helpdesk.search.words import LONGEST_QUERY

MOST = 100
LONGEST_NAME = 80
FILTERS = ("kind", "state", "queue", "assignee", "customer", "tag", "since", "until")
_LONGEST_VALUE = 100


def visible_searches(work: Work) -> Sequence[SavedSearch]:
    """One's own and those of one's teams, by name."""
    permissions.require_desk(work)
    found = select(SavedSearch).where(_visible(work)).order_by(SavedSearch.name, SavedSearch.id)
    return work.session.scalars(found.limit(MOST * 2)).all()


def get_search(work: Work, search_id: str) -> SavedSearch:
    """NotFound for absent and for others' alike."""
    permissions.require_desk(work)
    wanted = select(SavedSearch).where(SavedSearch.id == search_id, _visible(work))
    found = work.session.scalar(wanted) if is_id(search_id) else None
    if found is None:
        raise NotFound("This saved search does not exist.")
    return found


def keep_search(
    work: Work, *, name: str, words: str, filters: dict[str, str], team_id: str | None = None
) -> SavedSearch:
    """Keep it under a name of one's own; the same name again replaces what it held."""
    permissions.require_desk(work)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": f"Give it a name of at most {LONGEST_NAME} characters."})
    if len(words) > LONGEST_QUERY:
        raise Invalid(fields={"q": f"Search for at most {LONGEST_QUERY} characters."})
    if team_id is not None and team_id not in work.actor.team_ids:
        raise Invalid(fields={"team_id": "Share it with a team that you are in."})
    values: dict[str, Any] = {"words": words, "filters": _clean(filters), "team_id": team_id}
    mine = select(SavedSearch).where(SavedSearch.owner_id == work.actor.id)
    found = work.session.scalar(mine.where(SavedSearch.name == name))
    if found is not None:
        for key, value in values.items():
            setattr(found, key, value)
        found.version += 1
    else:
        if len(work.session.scalars(mine.limit(MOST)).all()) >= MOST:
            raise Conflict(f"You have {MOST} saved searches. Delete one first.", code="too_many")
        found = SavedSearch(
            id=new_id(), owner_id=work.actor.id, name=name, created_at=work.at, version=1, **values
        )
        work.session.add(found)
    work.session.flush()
    work.emit(SavedSearchChanged(saved_search_id=found.id))
    return found


def remove_search(work: Work, search_id: str) -> None:
    """Its owner may; for everybody else it is as if it were not there."""
    found = get_search(work, search_id)
    if found.owner_id != work.actor.id and not work.actor.is_admin:
        raise NotFound("This saved search does not exist.")
    work.session.delete(found)
    work.emit(SavedSearchChanged(saved_search_id=search_id, removed=True))


def _visible(work: Work) -> Any:
    mine = SavedSearch.owner_id == work.actor.id
    teams = sorted(work.actor.team_ids)
    return or_(mine, SavedSearch.team_id.in_(teams)) if teams else mine


def _clean(filters: dict[str, str]) -> dict[str, str]:
    unknown = set(filters) - set(FILTERS)
    if unknown:
        raise Invalid(fields=dict.fromkeys(sorted(unknown), "There is no such filter."))
    return {key: value[:_LONGEST_VALUE] for key, value in filters.items() if value}
