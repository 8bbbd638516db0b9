"""Signed-in browsers: opened, found again, renewed and ended.

The cookie holds a random token, the database only its hash. Not for programs, which carry bearer
tokens (`helpdesk.identity.tokens`), and not for visitors of the chat widget.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, Row, bindparam, delete, select, update

from helpdesk.core import secrets
from helpdesk.core.actors import Actor, Role
from helpdesk.core.db import json_rows
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.identity.events import SessionsEnded
from helpdesk.identity.models import SignInSession, Team, TeamMember, User

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
CODE_OWED = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 200


def cookie_name(https: bool) -> str:
    """The browser ties a `__Host-` cookie to exactly this host, but only over https."""
    return "__Host-helpdesk" if https else "helpdesk"


@dataclass(frozen=True, slots=True)
class NewSession:
    """`token` goes into the cookie and is nowhere else."""

    id: str
    token: str
    csrf: str
    stage: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: what its frame shows of them."""

    id: str
    name: str
    public_name: str
    email: str
    role: Role
    timezone: str
    theme: str
    undo_s: int = 30


@dataclass(frozen=True, slots=True)
class Found:
    """A live session with its person, as found for one request."""

    id: str
    csrf: str
    stage: str
    seen_at: datetime
    actor: Actor
    reader: Reader


def open_session(
    work: Work, user_id: str, *, stage: str, address: str | None, agent: str | None
) -> NewSession:
    """A new session; `stage` is full, or code while the second factor is still owed."""
    token, csrf, session_id = secrets.new_token("hdb_"), secrets.new_token(), new_id()
    work.session.add(
        SignInSession(
            token_hash=secrets.token_hash(token),
            id=session_id,
            user_id=user_id,
            csrf=csrf,
            stage=stage,
            created_at=work.at,
            seen_at=work.at,
            expires_at=work.at + (ABSOLUTE if stage == "full" else CODE_OWED),
            address=address,
            agent=(agent or "")[:200] or None,
        )
    )
    return NewSession(session_id, token, csrf, stage)


def renew(work: Work, session_id: str, *, stage: str | None = None) -> NewSession | None:
    """The same session under a new token, so that whoever knew the old one knows nothing."""
    row = _by_id(work, session_id)
    if row is None:
        return None
    token, csrf = secrets.new_token("hdb_"), secrets.new_token()
    values = {"token_hash": secrets.token_hash(token), "csrf": csrf, "seen_at": work.at}
    if stage is not None and stage != row.stage:
        values |= {"stage": stage, "expires_at": work.at + ABSOLUTE}
    work.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    work.session.expunge(row)
    return NewSession(session_id, token, csrf, stage or row.stage)


def find(work: Work, token: str | None, *, address: str | None = None) -> Found | None:
    """The live session that `token` opens, or None: unknown, expired, idle too long, inactive."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    asked = {"hash": secrets.token_hash(token), "now": work.at, "seen_since": work.at - IDLE}
    row = _OPENED.first(work.sql, asked)
    if row is None:
        return None
    actor, reader = person_of(work, row, address=address)
    return Found(row.session_id, row.csrf, row.stage, row.seen_at, actor, reader)


PERSON = (
    User.id,
    User.name,
    User.public_name,
    User.email,
    User.role,
    User.timezone,
    User.theme,
    User.undo_s,
    User.customer_id,
    User.sees_own_teams,
    select(json_rows(TeamMember.team_id))
    .where(TeamMember.user_id == User.id)
    .scalar_subquery()
    .label("teams"),
)
"""Columns of a statement over users whose rows `person_of` understands."""


def _live(now: Any, seen_since: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInSession.expires_at > now,
        SignInSession.seen_at > seen_since,
        User.is_active.is_(True),
    )


def _instant(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=SignInSession.seen_at.type)


_OPENED = Ready(
    select(
        SignInSession.id.label("session_id"),
        SignInSession.csrf,
        SignInSession.stage,
        SignInSession.seen_at,
        *PERSON,
    )
    .join(User, User.id == SignInSession.user_id)
    .where(
        SignInSession.token_hash == bindparam("hash"),
        *_live(_instant("now"), _instant("seen_since")),
    )
)


def person_of(work: Work, row: Row[Any], *, address: str | None = None) -> tuple[Actor, Reader]:
    """The person of a row that has `PERSON` in it, as an actor and as who reads a page."""
    teams = frozenset(team for (team,) in orjson.loads(row.teams or "[]"))
    actor = Actor(
        "user",
        row.id,
        role=row.role,
        team_ids=teams,
        customer_id=row.customer_id,
        address=address,
        queue_ids=queues_of(work, [row]).get(row.id),
    )
    reader = Reader(
        row.id,
        row.name,
        row.public_name,
        row.email,
        row.role,
        row.timezone,
        row.theme,
        row.undo_s,
    )
    return actor, reader


def actor_of(work: Work, user: User, *, address: str | None = None) -> Actor:
    """The person as the actor of transactions.

    An agent who sees only what is their teams' carries the queues of these teams.
    """
    teams = work.session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user.id))
    return Actor(
        "user",
        user.id,
        role=user.role,  # type: ignore[arg-type]
        team_ids=frozenset(teams),
        customer_id=user.customer_id,
        address=address,
        queue_ids=queues_of(work, [user]).get(user.id),
    )


def queues_of(work: Work, users: Collection[User | Row[Any]]) -> dict[str, frozenset[str]]:
    """For each of them who is limited to some queues: which; the others are not in it."""
    limited = [user.id for user in users if user.sees_own_teams and user.role == "agent"]
    if not limited:
        return {}
    found: dict[str, set[str]] = {user_id: set() for user_id in limited}
    rows = work.session.execute(
        select(TeamMember.user_id, Team.queue_ids)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id.in_(limited))
    )
    for user_id, queue_ids in rows:
        found[user_id].update(queue_ids)
    return {user_id: frozenset(queue_ids) for user_id, queue_ids in found.items()}


def reach_of(work: Work, user_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The same by ids, as it stands now."""
    limited = select(User).where(
        User.id.in_(sorted(user_ids)), User.sees_own_teams.is_(True), User.role == "agent"
    )
    return queues_of(work, [*work.session.scalars(limited)])


def touch(work: Work, session_id: str) -> None:
    """Note that the browser is in use; at most one write a minute, whoever asks."""
    work.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.seen_at < work.at - SEEN_EVERY)
        .values(seen_at=work.at)
    )


def end(work: Work, session_id: str, *, user_id: str | None = None) -> bool:
    """Sign one browser out; with `user_id` only if it is that person's."""
    row = _by_id(work, session_id)
    if row is None or (user_id is not None and row.user_id != user_id):
        return False
    work.session.delete(row)
    work.emit(SessionsEnded(user_id=row.user_id, session_ids=[row.id]))
    return True


def end_all(work: Work, user_id: str, *, keep: str | None = None) -> Sequence[str]:
    """Sign the person out everywhere, but for the session `keep`; answers the ids that ended."""
    ids = work.session.scalars(
        select(SignInSession.id).where(SignInSession.user_id == user_id, SignInSession.id != keep)
        if keep
        else select(SignInSession.id).where(SignInSession.user_id == user_id)
    ).all()
    if ids:
        work.session.execute(delete(SignInSession).where(SignInSession.id.in_(ids)))
        work.emit(SessionsEnded(user_id=user_id, session_ids=list(ids)))
    return ids


def of_user(work: Work, user_id: str) -> Sequence[SignInSession]:
    """The person's live sessions, the last used first."""
    return work.session.scalars(
        select(SignInSession)
        .join(User, User.id == SignInSession.user_id)
        .where(
            SignInSession.user_id == user_id,
            SignInSession.stage == "full",
            *_live(work.at, work.at - IDLE),
        )
        .order_by(SignInSession.seen_at.desc())
    ).all()


def live_roles(work: Work, session_ids: Collection[str]) -> dict[str, str]:
    """Of these sessions those whose connections may stay, with the present role of their people."""
    rows = work.session.execute(
        select(SignInSession.id, User.role)
        .join(User, User.id == SignInSession.user_id)
        .where(
            SignInSession.id.in_([one for one in session_ids if is_id(one)]),
            SignInSession.stage == "full",
            SignInSession.expires_at > work.at,
            User.is_active.is_(True),
        )
    )
    return {row.id: row.role for row in rows}


def sweep(work: Work) -> int:
    """Remove sessions that nobody can use any more; answers how many."""
    gone = work.session.execute(
        delete(SignInSession).where(
            (SignInSession.expires_at <= work.at) | (SignInSession.seen_at <= work.at - IDLE)
        )
    )
    return int(getattr(gone, "rowcount", 0))


def _by_id(work: Work, session_id: str) -> SignInSession | None:
    if not is_id(session_id):
        return None
    return work.session.scalar(select(SignInSession).where(SignInSession.id == session_id))
