"""What happens to people who sign in; the doors listen to cut live connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class UserAdded(Event):
    kind: ClassVar[str] = "user.added"

    user_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class UserChanged(Event):
    """Name, public name, zone or another plain fact."""

    kind: ClassVar[str] = "user.changed"

    user_id: str
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    kind: ClassVar[str] = "user.role_changed"

    user_id: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class UserDeactivated(Event):
    kind: ClassVar[str] = "user.deactivated"

    user_id: str


@dataclass(frozen=True, kw_only=True)
class UserReactivated(Event):
    kind: ClassVar[str] = "user.reactivated"

    user_id: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    kind: ClassVar[str] = "user.password_changed"

    user_id: str


@dataclass(frozen=True, kw_only=True)
class PasswordLinkAsked(Event):
    """Somebody typed an address to get a link by mail; `user_id` None: nobody has it."""

    kind: ClassVar[str] = "user.password_link_asked"

    user_id: str | None


@dataclass(frozen=True, kw_only=True)
class SignInLinkAsked(Event):
    """Somebody typed an address to get a link to sign in, or to prove that it is theirs."""

    kind: ClassVar[str] = "user.sign_in_link_asked"

    link_id: str


@dataclass(frozen=True, kw_only=True)
class PhoneProofAsked(Event):
    """Somebody signed in wants a code by text, to prove that a number is theirs."""

    kind: ClassVar[str] = "user.phone_proof_asked"

    proof_id: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(Event):
    kind: ClassVar[str] = "user.second_factor_changed"

    user_id: str
    on: bool


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    kind: ClassVar[str] = "user.signed_in"

    user_id: str
    session_id: str


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """These browsers are signed out; connections opened with them have to go too."""

    kind: ClassVar[str] = "user.sessions_ended"

    user_id: str
    session_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class TokensRevoked(Event):
    kind: ClassVar[str] = "user.tokens_revoked"

    user_id: str
    token_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class TeamChanged(Event):
    """A team was made, renamed, removed or got other members; `user_ids` are those it concerns."""

    kind: ClassVar[str] = "team.changed"

    team_id: str
    user_ids: list[str] = field(default_factory=list)
