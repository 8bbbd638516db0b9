"""Bearer tokens: how programs sign in.

Shown once, kept as a hash, dead the moment they are revoked. Not for browsers, which have
sessions; no door takes one out of an address.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update

from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.identity import permissions
from helpdesk.identity.events import TokensRevoked
from helpdesk.identity.models import ApiToken, User
from helpdesk.identity.sessions import LONGEST_TOKEN, PERSON, Reader, person_of

PREFIX = "hd_"
MOST_PER_USER = 25
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FoundToken:
    id: str
    used_at: datetime | None
    actor: Actor
    reader: Reader


def create(work: Work, user_id: str, name: str, *, days: int | None = None) -> tuple[ApiToken, str]:
    """A new token and its text, which cannot be read again. `days` None: until revoked."""
    permissions.require(permissions.may_make_token_for(work.actor, user_id))
    user = work.session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFound()
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Invalid(fields={"name": "Give the token a name of up to 80 characters."})
    if days is not None and not 1 <= days <= 3650:
        raise Invalid(fields={"days": "Choose between 1 and 3,650 days."})
    if _live_count(work, user_id) >= MOST_PER_USER:
        raise Invalid(
            f"You have {MOST_PER_USER} tokens. Revoke one you no longer need, then try again.",
            code="too_many_tokens",
        )
    text = secrets.new_token(PREFIX)
    row = ApiToken(
        id=new_id(),
        user_id=user_id,
        name=name,
        token_hash=secrets.token_hash(text),
        hint=text[-4:],
        created_at=work.at,
        used_at=None,
        expires_at=work.at + timedelta(days=days) if days else None,
        revoked_at=None,
    )
    work.session.add(row)
    work.audit("token.created", "user", user_id, token_id=row.id, name=name)
    return row, text


def find(work: Work, text: str, *, address: str | None = None) -> FoundToken | None:
    """The live token with this text, or None."""
    if not text.startswith(PREFIX) or len(text) > LONGEST_TOKEN:
        return None
    asked = {"hash": secrets.token_hash(text), "now": work.at}
    row = _LIVE.first(work.sql, asked)
    if row is None:
        return None
    actor, reader = person_of(work, row, address=address)
    return FoundToken(row.token_id, row.used_at, actor, reader)


_LIVE = Ready(
    select(ApiToken.id.label("token_id"), ApiToken.used_at, *PERSON)
    .join(User, User.id == ApiToken.user_id)
    .where(
        ApiToken.token_hash == bindparam("hash"),
        ApiToken.revoked_at.is_(None),
        (ApiToken.expires_at.is_(None))
        | (ApiToken.expires_at > bindparam("now", type_=ApiToken.created_at.type)),
        User.is_active.is_(True),
    )
)


def touch(work: Work, token_id: str) -> None:
    """Note that the token was used; at most one write a minute."""
    work.session.execute(
        update(ApiToken)
        .where(
            ApiToken.id == token_id,
            (ApiToken.used_at.is_(None)) | (ApiToken.used_at < work.at - USED_EVERY),
        )
        .values(used_at=work.at)
    )


def revoke(work: Work, user_id: str, token_id: str) -> None:
    """End one token at once; revoking it twice is no error."""
    permissions.require(permissions.may_act_for(work.actor, user_id))
    row = work.session.get(ApiToken, token_id) if is_id(token_id) else None
    if row is None or row.user_id != user_id:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = work.at
        work.emit(TokensRevoked(user_id=user_id, token_ids=[row.id]))
        work.audit("token.revoked", "user", user_id, token_id=row.id, name=row.name)


def revoke_all(work: Work, user_id: str) -> Sequence[str]:
    """End every token of the person; answers the ids that ended."""
    ids = work.session.scalars(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=work.at)
        .returning(ApiToken.id)
    ).all()
    if ids:
        work.emit(TokensRevoked(user_id=user_id, token_ids=list(ids)))
    return ids


def live_roles(work: Work, token_ids: Collection[str]) -> dict[str, str]:
    """Of these tokens those whose connections may stay, with the present role of their owners."""
    rows = work.session.execute(
        select(ApiToken.id, User.role)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.id.in_([one for one in token_ids if is_id(one)]),
            ApiToken.revoked_at.is_(None),
            (ApiToken.expires_at.is_(None)) | (ApiToken.expires_at > work.at),
            User.is_active.is_(True),
        )
    )
    return {row.id: row.role for row in rows}


def of_user(work: Work, user_id: str) -> Sequence[ApiToken]:
    """The person's tokens that still work, the newest first."""
    return work.session.scalars(
        select(ApiToken)
        .where(
            ApiToken.user_id == user_id,
            ApiToken.revoked_at.is_(None),
            (ApiToken.expires_at.is_(None)) | (ApiToken.expires_at > work.at),
        )
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    ).all()


def _live_count(work: Work, user_id: str) -> int:
    return (
        work.session.scalar(
            select(func.count())
            .select_from(ApiToken)
            .where(
                ApiToken.user_id == user_id,
                ApiToken.revoked_at.is_(None),
                (ApiToken.expires_at.is_(None)) | (ApiToken.expires_at > work.at),
            )
        )
        or 0
    )
