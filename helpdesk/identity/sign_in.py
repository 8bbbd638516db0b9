"""Signing in: a try is written down, the password checked outside any transaction, then finished.

    with begin(nobody) as work:
        attempt = sign_in.start(work, email, device=cookie)
    right = attempt.check(password)
    with begin(nobody) as work:
        opened = sign_in.finish(work, attempt, right, agent=...)

Known and unknown addresses take the same steps and get the same answer. Not for keeping a browser
signed in (see `sessions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from helpdesk.core import secrets
from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work
from helpdesk.identity import passwords, providers, sessions, throttle, totp
from helpdesk.identity.events import SignedIn
from helpdesk.identity.models import KnownDevice, SignInSession, User
from helpdesk.identity.sessions import NewSession

DEVICE_KEPT = timedelta(days=180)
MOST_DEVICES = 20


def device_cookie_name(https: bool) -> str:
    return "__Host-helpdesk-device" if https else "helpdesk-device"


def normal_email(text: str) -> str:
    return text.strip().lower()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try with a password, written down before anybody knows whether it is right."""

    tried: throttle.Try
    user_id: str | None
    password_hash: str | None
    device_hash: str | None

    def check(self, password: str) -> bool:
        """Slow on purpose, and as slow for an unknown address."""
        return passwords.fits(self.password_hash, password)


def start(work: Work, email: str, *, device: str | None = None) -> Attempt:
    """Begin a try; TooMany while this account, browser or network has to wait."""
    email = normal_email(email)[:254]
    user = work.session.scalar(select(User).where(User.email == email, User.is_active.is_(True)))
    known = _known_device(work, user, device)
    tried = throttle.begin_try(
        work,
        throttle.account_hash("password", email),
        address=work.actor.address,
        device=known,
    )
    return Attempt(tried, user.id if user else None, user.password_hash if user else None, known)


def finish(work: Work, attempt: Attempt, right: bool, *, agent: str | None) -> NewSession | None:
    """The opened session, whose stage says whether the second factor is owed; None if wrong."""
    user = work.session.get(User, attempt.user_id) if attempt.user_id else None
    if not right or user is None or not user.is_active:
        return None
    if user.password_hash != attempt.password_hash:
        return None  # changed while it was being checked
    if not providers.may_use_password(work, user):
        return None
    throttle.take_back(work, attempt.tried)
    stage = "code" if totp.is_on(user) else "full"
    opened = sessions.open_session(
        work, user.id, stage=stage, address=work.actor.address, agent=agent
    )
    if stage == "full":
        _signed_in(work, user, opened.id)
    return opened


def finish_with_code(work: Work, session_id: str, code: str) -> NewSession | None:
    """The second step: the app's code or a recovery code; the session gets a new token."""
    session = work.session.scalar(
        select(SignInSession).where(SignInSession.id == session_id, SignInSession.stage == "code")
    )
    user = work.session.get(User, session.user_id) if session else None
    if session is None or user is None or not user.is_active:
        return None
    if not (totp.use_code(work, user, code) or totp.use_recovery_code(work, user, code)):
        return None
    opened = sessions.renew(work, session_id, stage="full")
    if opened:
        _signed_in(work, user, opened.id)
    return opened


def finish_by_link(work: Work, user: User, *, agent: str | None) -> NewSession:
    """Somebody has proved by mail that they are this person; a second factor is still owed."""
    stage = "code" if totp.is_on(user) else "full"
    opened = sessions.open_session(
        work, user.id, stage=stage, address=work.actor.address, agent=agent
    )
    if stage == "full":
        _signed_in(work, user, opened.id)
    return opened


def begin_code_try(work: Work, user_id: str) -> throttle.Try:
    """Write a try of the second step down, in a transaction of its own."""
    account = throttle.account_hash("code", user_id)
    return throttle.begin_try(work, account, address=work.actor.address)


def remember_device(work: Work, user_id: str, device: str | None) -> str:
    """Know this browser from now on; answers the token for its cookie."""
    if device and _device_row(work, user_id, device):
        work.session.execute(
            update(KnownDevice)
            .where(KnownDevice.token_hash == secrets.token_hash(device))
            .values(seen_at=work.at)
        )
        return device
    token = secrets.new_token("hdd_")
    insert_if_absent(
        work.session,
        KnownDevice,
        {"token_hash": secrets.token_hash(token), "user_id": user_id, "seen_at": work.at},
    )
    _forget_old_devices(work, user_id)
    return token


def forget_devices(work: Work, user_id: str) -> None:
    """No browser of the person is known any more (after a new password)."""
    work.session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


def upgrade_hash(work: Work, user_id: str, old: str, new: str) -> None:
    """Store the same password under today's parameters, unless it was changed meanwhile."""
    work.session.execute(
        update(User).where(User.id == user_id, User.password_hash == old).values(password_hash=new)
    )


def _signed_in(work: Work, user: User, session_id: str) -> None:
    user.last_sign_in_at = work.at
    work.emit(SignedIn(user_id=user.id, session_id=session_id))
    work.audit("user.signed_in", "user", user.id, session_id=session_id)


def _known_device(work: Work, user: User | None, device: str | None) -> str | None:
    if user is None or not device or len(device) > sessions.LONGEST_TOKEN:
        return None
    row = _device_row(work, user.id, device)
    return row.token_hash if row and row.seen_at > work.at - DEVICE_KEPT else None


def _device_row(work: Work, user_id: str, device: str) -> KnownDevice | None:
    row = work.session.get(KnownDevice, secrets.token_hash(device))
    return row if row and row.user_id == user_id else None


def _forget_old_devices(work: Work, user_id: str) -> None:
    old = work.session.scalars(
        select(KnownDevice.token_hash)
        .where(KnownDevice.user_id == user_id)
        .order_by(KnownDevice.seen_at.desc())
        .offset(MOST_DEVICES)
    ).all()
    if old:
        work.session.execute(delete(KnownDevice).where(KnownDevice.token_hash.in_(old)))
