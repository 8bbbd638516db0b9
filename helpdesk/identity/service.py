"""Changes to people: added, renamed, given another role or password, deactivated.

The last active administrator cannot be demoted or deactivated, however many try at once. Not for
signing in (see `sign_in`) and not for teams (see `teams`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.core.actors import ROLES
from helpdesk.core.db import is_duplicate
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.identity import permissions, resets, sessions, sign_in, teams, tokens
from helpdesk.identity.events import (
    PasswordChanged,
    RoleChanged,
    UserAdded,
    UserChanged,
    UserDeactivated,
    UserReactivated,
)
from helpdesk.identity.models import User

THEMES = ("system", "light", "dark")
UNDO_S = (0, 10, 30)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\]+\.?[^\s@<>\"(),:;\[\]\\.]+")


def create_user(
    work: Work,
    *,
    email: str,
    name: str,
    role: str,
    public_name: str = "",
    password_hash: str | None = None,
    timezone: str = "UTC",
    team_ids: Iterable[str] = (),
    customer_id: str | None = None,
) -> User:
    """Add a person. Without `password_hash` they choose a password by a link (`resets.issue`)."""
    permissions.require(permissions.may_administer(work.actor))
    if role not in ROLES:
        raise Invalid(fields={"role": "Choose one of the roles."})
    if (role == "customer") != (customer_id is not None):
        raise Invalid(fields={"role": "A customer signs in for a customer record, and only they."})
    user = User(
        id=new_id(),
        email=_email(email),
        name=_name(name, "name", 120),
        public_name=_name(public_name or name.split(" ")[0], "public_name", 60),
        role=role,
        customer_id=customer_id,
        password_hash=password_hash,
        password_changed_at=work.at if password_hash else None,
        timezone=_zone(timezone),
        created_at=work.at,
    )
    work.session.add(user)
    _flush_email(work)
    work.emit(UserAdded(user_id=user.id, role=role, customer_id=customer_id))
    work.audit("user.added", "user", user.id, email=user.email, role=role)
    for team_id in team_ids:
        teams.add_member(work, team_id, user.id)
    return user


def change_profile(work: Work, user_id: str, **facts: Any) -> User:
    """Set any of name, public_name, timezone, theme, undo_s.

    Administrators also email and sees_own_teams.
    """
    permissions.require(permissions.may_act_for(work.actor, user_id))
    if {"email", "sees_own_teams"} & facts.keys():
        permissions.require(permissions.may_administer(work.actor))
    user = get_user(work, user_id)
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda v: _name(v, "name", 120),
        "public_name": lambda v: _name(v, "public_name", 60),
        "email": _email,
        "timezone": _zone,
        "theme": _theme,
        "undo_s": _undo_s,
        "sees_own_teams": bool,
    }
    wanted = {field: checks[field](value) for field, value in facts.items()}
    changed = sorted(f for f, value in wanted.items() if getattr(user, f) != value)
    for field in changed:
        setattr(user, field, wanted[field])
    if changed:
        user.version += 1
        _flush_email(work)
        work.emit(UserChanged(user_id=user_id, changed=changed, customer_id=user.customer_id))
        work.audit("user.changed", "user", user_id, changed=changed)
    return user


def change_role(work: Work, user_id: str, role: str) -> User:
    """Another role; the person is signed out everywhere and comes back with the new rights."""
    admins = _lock_admins(work)
    user = get_user(work, user_id)
    if role not in ROLES or "customer" in (role, user.role):
        raise Invalid(fields={"role": "Choose one of the roles for staff."})
    if user.role == role:
        return user
    _keep_one_admin(admins, user, leaves=role != "admin")
    before, user.role = user.role, role
    user.version += 1
    sessions.end_all(work, user_id)
    work.emit(RoleChanged(user_id=user_id, before=before, after=role))
    work.audit("user.role_changed", "user", user_id, before=before, after=role)
    return user


def deactivate(work: Work, user_id: str) -> User:
    """Nothing works for this person from now on: sessions, tokens, links, live connections."""
    admins = _lock_admins(work)
    user = get_user(work, user_id)
    if not user.is_active:
        return user
    _keep_one_admin(admins, user, leaves=True)
    user.is_active = False
    user.version += 1
    _end_everything(work, user_id)
    work.emit(UserDeactivated(user_id=user_id, customer_id=user.customer_id))
    work.audit("user.deactivated", "user", user_id)
    return user


def reactivate(work: Work, user_id: str) -> User:
    _lock_admins(work)
    user = get_user(work, user_id)
    if not user.is_active:
        user.is_active = True
        user.version += 1
        work.emit(UserReactivated(user_id=user_id, customer_id=user.customer_id))
        work.audit("user.reactivated", "user", user_id)
    return user


def set_password(work: Work, user_id: str, password_hash: str, *, keep: str | None = None) -> User:
    """Store a new password's hash (`passwords.check_new`, then `hash_password`, outside of here).

    Ends all sessions but `keep`, all tokens, links and known browsers.
    """
    permissions.require(permissions.may_act_for(work.actor, user_id))
    user = get_user(work, user_id, lock=True)
    user.password_hash, user.password_changed_at = password_hash, work.at
    user.version += 1
    _end_everything(work, user_id, keep=keep)
    work.emit(PasswordChanged(user_id=user_id, customer_id=user.customer_id))
    work.audit("user.password_changed", "user", user_id)
    return user


def get_user(work: Work, user_id: str, *, lock: bool = False) -> User:
    """The person, as the database has it now; NotFound otherwise."""
    if not is_id(user_id):
        raise NotFound()
    wanted = select(User).where(User.id == user_id).execution_options(populate_existing=True)
    user = work.session.scalar(wanted.with_for_update() if lock else wanted)
    if user is None:
        raise NotFound()
    return user


def _end_everything(work: Work, user_id: str, *, keep: str | None = None) -> None:
    sessions.end_all(work, user_id, keep=keep)
    tokens.revoke_all(work, user_id)
    resets.end_all(work, user_id)
    sign_in.forget_devices(work, user_id)


def _lock_admins(work: Work) -> Sequence[str]:
    """The active administrators, locked until the commit: two who remove each other take turns."""
    permissions.require(permissions.may_administer(work.actor))
    ids = work.session.scalars(
        select(User.id)
        .where(User.role == "admin", User.is_active.is_(True))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if work.actor.kind == "user" and work.actor.id not in ids:
        # The actor was an administrator when the request came, and is none any more.
        raise Forbidden("Your role does not allow this. Ask an administrator.")
    return ids


def _keep_one_admin(admins: Sequence[str], user: User, *, leaves: bool) -> None:
    if leaves and user.id in admins and len(admins) == 1:
        raise Conflict(
            "This is the only administrator. Make somebody else one first.", code="last_admin"
        )


def _flush_email(work: Work) -> None:
    try:
        work.session.flush()
    except IntegrityError as error:
        if is_duplicate(error, "uq_app_user_email"):
            raise Conflict("Somebody with this e-mail is here already.", code="email_taken") from (
                error
            )
        raise


def _email(text: str) -> str:
    email = sign_in.normal_email(text)
    if len(email) > 254 or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Invalid(fields={"email": "Enter an e-mail address such as ada@example.org."})
    return email


def _name(text: str, field: str, longest: int) -> str:
    name = " ".join(text.split())
    if not name or len(name) > longest or not all(c.isprintable() for c in name):
        raise Invalid(fields={field: f"Enter a name of up to {longest} characters."})
    return name


@functools.cache
def zones() -> frozenset[str]:
    """Kept: finding them means walking hundreds of files."""
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in zones():
        raise Invalid(fields={"timezone": "Choose a time zone such as Europe/Helsinki."})
    return name


def _undo_s(seconds: int) -> int:
    if seconds not in UNDO_S:
        raise Invalid(fields={"undo_s": "Choose at once, 10 or 30 seconds."})
    return seconds


def _theme(name: str) -> str:
    if name not in THEMES:
        raise Invalid(fields={"theme": "Choose light, dark or the same as the device."})
    return name
