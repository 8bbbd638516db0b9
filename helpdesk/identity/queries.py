"""People and teams as screens list them. Not for changing them (see `service` and `teams`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.identity import permissions
from helpdesk.identity.models import Team, TeamMember, User

_BY_NAME: list[ColumnElement[str]] = [User.__table__.c.name, User.__table__.c.id]


@dataclass(frozen=True, slots=True)
class UserRow:
    """One line of a list of people."""

    id: str
    email: str
    name: str
    public_name: str
    role: str
    is_active: bool
    sees_own_teams: bool
    has_password: bool
    second_factor: bool
    last_sign_in_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class TeamRow:
    id: str
    name: str
    members: int
    version: int


def anybody_exists(work: Work) -> bool:
    """False only on an installation that nobody has set up yet."""
    return work.session.scalar(select(User.id).limit(1)) is not None


def list_users(
    work: Work,
    *,
    role: str | None = None,
    search: str = "",
    active: bool | None = True,
    staff_only: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[UserRow]:
    """People by name; `search` finds within name and e-mail."""
    permissions.require(permissions.may_see_people(work.actor))
    limit = clamp_limit(limit)
    wanted = select(User)
    if role:
        wanted = wanted.where(User.role == role)
    if staff_only:
        wanted = wanted.where(User.role != "customer")
    if active is not None:
        wanted = wanted.where(User.is_active.is_(active))
    if search:
        wanted = wanted.where(
            func.lower(User.name).contains(search.lower(), autoescape=True)
            | User.email.contains(search.lower(), autoescape=True)
        )
    rows = work.session.scalars(
        keyset(wanted, _BY_NAME, cursor=cursor, limit=limit, descending=False)
    ).all()
    page = cut(rows, limit, lambda user: (user.name, user.id))
    return Page([_row(user) for user in page.items], page.next_cursor)


def colleagues(work: Work, *, most: int = 300) -> list[tuple[str, str]]:
    """(id, name) of those who work at the desk, by name, for a field that picks one."""
    permissions.require(permissions.may_see_people(work.actor))
    rows = work.session.execute(
        select(User.id, User.name)
        .where(User.role.in_(("agent", "supervisor", "admin")), User.is_active)
        .order_by(User.name)
        .limit(most)
    )
    return [(row.id, row.name) for row in rows]


def find_user(work: Work, user_id: str) -> UserRow | None:
    permissions.require(permissions.may_see_people(work.actor))
    user = work.session.get(User, user_id) if is_id(user_id) else None
    return _row(user) if user else None


def find_user_by_email(work: Work, email: str) -> UserRow | None:
    permissions.require(permissions.may_see_people(work.actor))
    user = work.session.scalar(select(User).where(User.email == email.strip().lower()))
    return _row(user) if user else None


def public_names(work: Work, user_ids: Iterable[str]) -> dict[str, str]:
    """What customers see of these people, by id."""
    ids = [user_id for user_id in set(user_ids) if is_id(user_id)]
    rows = work.session.execute(select(User.id, User.public_name).where(User.id.in_(ids)))
    return {row.id: row.public_name for row in rows}


def names(work: Work, user_ids: Iterable[str]) -> dict[str, str]:
    """What colleagues see of these people, by id."""
    ids = [user_id for user_id in set(user_ids) if is_id(user_id)]
    rows = work.session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


def list_teams(work: Work) -> Sequence[TeamRow]:
    """All teams by name, with how many are in them."""
    permissions.require(permissions.may_see_people(work.actor))
    rows = work.session.execute(
        select(Team.id, Team.name, func.count(TeamMember.user_id), Team.version)
        .outerjoin(TeamMember, TeamMember.team_id == Team.id)
        .group_by(Team.id, Team.name, Team.version)
        .order_by(Team.name)
    )
    return [TeamRow(*row) for row in rows]


def team_members(work: Work, team_id: str) -> Sequence[UserRow]:
    permissions.require(permissions.may_see_people(work.actor))
    rows = work.session.scalars(
        select(User)
        .join(TeamMember, TeamMember.user_id == User.id)
        .where(TeamMember.team_id == team_id)
        .order_by(User.name, User.id)
    )
    return [_row(user) for user in rows]


def _row(user: User) -> UserRow:
    return UserRow(
        user.id,
        user.email,
        user.name,
        user.public_name,
        user.role,
        user.is_active,
        user.sees_own_teams,
        user.password_hash is not None,
        user.totp_confirmed_at is not None,
        user.last_sign_in_at,
        user.version,
    )
