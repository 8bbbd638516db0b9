"""Teams: who belongs together. Not for queues, which have members of their own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from helpdesk.core.db import insert_if_absent, is_duplicate
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.identity import permissions
from helpdesk.identity.events import TeamChanged
from helpdesk.identity.models import Team, TeamMember, User

MOST_QUEUES = 500


def create_team(work: Work, name: str) -> Team:
    permissions.require(permissions.may_administer(work.actor))
    team = Team(id=new_id(), name=_name(name), queue_ids=[], version=1)
    work.session.add(team)
    _flush_name(work)
    _changed(work, team, "team.added", [])
    return team


def rename_team(work: Work, team_id: str, name: str) -> Team:
    permissions.require(permissions.may_administer(work.actor))
    team = get_team(work, team_id)
    team.name = _name(name)
    team.version += 1
    _flush_name(work)
    _changed(work, team, "team.renamed", [])
    return team


def set_queues(work: Work, team_id: str, queue_ids: Iterable[str]) -> None:
    """The queues whose work the team's members see, if they see only what is their teams'.

    Whether these queues exist is for the caller to know.
    """
    permissions.require(permissions.may_administer(work.actor))
    team = get_team(work, team_id)
    wanted = sorted(set(queue_ids))
    if not all(is_id(queue_id) for queue_id in wanted) or len(wanted) > MOST_QUEUES:
        raise Invalid(fields={"queues": "Choose queues from the list."})
    if wanted == sorted(team.queue_ids):
        return
    team.queue_ids = wanted
    team.version += 1
    members = work.session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == team_id))
    work.emit(TeamChanged(team_id=team.id, user_ids=list(members)))
    work.audit("team.queues_changed", "team", team.id, name=team.name, queue_ids=wanted)


def remove_team(work: Work, team_id: str) -> None:
    """Remove the team; its members stay."""
    permissions.require(permissions.may_administer(work.actor))
    team = get_team(work, team_id)
    members = work.session.scalars(
        delete(TeamMember).where(TeamMember.team_id == team_id).returning(TeamMember.user_id)
    ).all()
    work.session.delete(team)
    _changed(work, team, "team.removed", list(members))


def set_members(work: Work, team_id: str, user_ids: Iterable[str]) -> None:
    """Exactly these people are in the team."""
    permissions.require(permissions.may_administer(work.actor))
    team = get_team(work, team_id)
    wanted = set(user_ids)
    has = set(work.session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == team_id)))
    known = _staff_among(work, wanted - has)
    if known != wanted - has:
        raise Invalid(fields={"members": "Choose people of the staff."})
    if gone := has - wanted:
        work.session.execute(
            delete(TeamMember).where(
                TeamMember.team_id == team_id, TeamMember.user_id.in_(sorted(gone))
            )
        )
    for user_id in sorted(known):
        insert_if_absent(work.session, TeamMember, {"team_id": team_id, "user_id": user_id})
    if gone or known:
        team.version += 1
        _changed(work, team, "team.members_changed", sorted(gone | known))


def add_member(work: Work, team_id: str, user_id: str) -> None:
    permissions.require(permissions.may_administer(work.actor))
    team = get_team(work, team_id)
    if insert_if_absent(work.session, TeamMember, {"team_id": team_id, "user_id": user_id}):
        team.version += 1
        _changed(work, team, "team.members_changed", [user_id])


def get_team(work: Work, team_id: str) -> Team:
    team = work.session.get(Team, team_id) if is_id(team_id) else None
    if team is None:
        raise NotFound()
    return team


def _staff_among(work: Work, user_ids: set[str]) -> set[str]:
    ids = [user_id for user_id in user_ids if is_id(user_id)]
    return set(
        work.session.scalars(select(User.id).where(User.id.in_(ids), User.role != "customer"))
    )


def _changed(work: Work, team: Team, action: str, user_ids: list[str]) -> None:
    work.emit(TeamChanged(team_id=team.id, user_ids=user_ids))
    work.audit(action, "team", team.id, name=team.name, user_ids=user_ids)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid(fields={"name": "Enter a name of up to 80 characters."})
    return name


def _flush_name(work: Work) -> None:
    try:
        work.session.flush()
    except IntegrityError as error:
        if is_duplicate(error, "uq_team_name"):
            raise Conflict("There is a team of this name.", code="name_taken") from error
        raise
