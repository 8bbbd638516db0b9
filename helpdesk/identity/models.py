"""Tables of identity. Not for a customer's record (see `helpdesk.customers`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class User(Base):
    """Someone who can sign in. `public_name` is what customers see of staff."""

    __tablename__ = "app_user"

    id: Mapped[pk]
    email: Mapped[str] = mapped_column(String(254), unique=True)  # stored in lower case
    name: Mapped[str] = mapped_column(String(120))
    public_name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20), index=True)
    customer_id: Mapped[str | None] = mapped_column(Id, index=True)  # role customer only
    password_hash: Mapped[str | None] = mapped_column(String(200))  # None: cannot sign in yet
    password_changed_at: Mapped[datetime | None]
    totp_sealed: Mapped[str | None] = mapped_column(String(300))
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]  # a code is good once
    recovery_hashes: Mapped[list[str]] = mapped_column(Json, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    sees_own_teams: Mapped[bool] = mapped_column(default=False)  # agents: see `sessions.actor_of`
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    locale: Mapped[str] = mapped_column(String(10), default="en")
    theme: Mapped[str] = mapped_column(String(10), default="system")
    undo_s: Mapped[int] = mapped_column(default=30)  # a reply on a ticket waits so long
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Team(Base):
    """`queue_ids`: the queues whose work members see who see only what is their teams'."""

    __tablename__ = "team"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    queue_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    version: Mapped[int] = mapped_column(default=1)


class TeamMember(Base):
    __tablename__ = "team_member"

    team_id: Mapped[str] = mapped_column(Id, ForeignKey("team.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        Id, ForeignKey("app_user.id"), primary_key=True, index=True
    )


class SignInSession(Base):
    """A signed-in browser. The cookie holds the token; only its hash is here."""

    __tablename__ = "sign_in_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str] = mapped_column(String(10))  # code (TOTP still owed) or full
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str | None] = mapped_column(String(60))
    agent: Mapped[str | None] = mapped_column(String(200))


class KnownDevice(Base):
    """A browser from which a person has signed in before: it is let past the throttle."""

    __tablename__ = "known_device"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.id"), index=True)
    seen_at: Mapped[datetime]


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[pk]
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # last characters, to tell tokens apart
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Wrong passwords, by account and by network, for the throttle; old rows are swept."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_account", "account_hash", "at"),
        Index("ix_sign_in_failure_network", "network", "at"),
    )

    id: Mapped[pk]
    account_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(index=True)


class PasswordReset(Base):
    __tablename__ = "password_reset"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that was asked for by mail: to sign in, or to prove an address (`purpose` prove).

    Only the browser that asked can use it, by the link or by the mail's code; `browser_hash` is of
    its cookie. Without `token_hash` no mail was written. `is_known`: asked from a known device.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (
        Index("ix_sign_in_link_browser", "browser_hash", "created_at"),
        Index("ix_sign_in_link_email", "email", "created_at"),
    )

    id: Mapped[pk]
    purpose: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[str | None] = mapped_column(Id, index=True)  # prove: whose address it will be
    browser_hash: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    is_known: Mapped[bool] = mapped_column(default=False)
    site_id: Mapped[str | None] = mapped_column(Id)
    language: Mapped[str] = mapped_column(String(10), default="en")
    next_path: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInProvider(Base):
    """An OpenID provider that vouches for people. `name` stands on its button."""

    __tablename__ = "sign_in_provider"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(60))
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(200))
    secret_sealed: Mapped[str | None] = mapped_column(String(1000))
    scopes: Mapped[str] = mapped_column(String(200))
    for_customers: Mapped[bool] = mapped_column(default=False)
    for_staff: Mapped[bool] = mapped_column(default=False)
    trusts_unsaid: Mapped[bool] = mapped_column(default=False)  # no `email_verified` counts as true
    domains: Mapped[list[str]] = mapped_column(Json, default=list)  # whose addresses it vouches for
    is_active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ProviderSubject(Base):
    """Who a provider means by one of its subjects; addresses may change there, this doesn't."""

    __tablename__ = "provider_subject"

    provider_id: Mapped[str] = mapped_column(
        Id, ForeignKey("sign_in_provider.id"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("app_user.id"), index=True)
    linked_at: Mapped[datetime]


class ProviderOuting(Base):
    """A browser that was sent to a provider and has not come back yet; good for one return.

    Nonce and PKCE verifier follow from `id` and the installation's key, so they are not here.
    """

    __tablename__ = "provider_outing"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    provider_id: Mapped[str] = mapped_column(Id)
    browser_hash: Mapped[str] = mapped_column(String(64))
    from_portal: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(10), default="en")
    next_path: Mapped[str] = mapped_column(String(300), default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PhoneProof(Base):
    """A code by text that was asked for. `state`: asked, sent, held (nothing goes out), failed."""

    __tablename__ = "phone_proof"
    __table_args__ = (
        Index("ix_phone_proof_user", "user_id", "created_at"),
        Index("ix_phone_proof_number", "number", "created_at"),
        Index("ix_phone_proof_network", "network", "created_at"),
    )

    id: Mapped[pk]
    user_id: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(20))  # E.164
    network: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(10))
    site_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    code_hash: Mapped[str | None] = mapped_column(String(64))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
