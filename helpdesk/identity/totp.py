"""The second factor: codes from an authenticator app, each good once, and recovery codes.

Not for deciding who needs it: everybody may switch it on for themselves.
"""

from __future__ import annotations

import hmac
import re
import secrets as _random

import pyotp
from sqlalchemy import or_, select, update

from helpdesk.core import secrets
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.identity import sessions, tokens
from helpdesk.identity.events import SecondFactorChanged
from helpdesk.identity.models import User

STEP_S = 30
RECOVERY_CODES = 10
ISSUER = "Helpdesk"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike


def is_on(user: User) -> bool:
    return user.totp_confirmed_at is not None


def start(work: Work, user_id: str) -> str:
    """A fresh secret for the app, not in force until `confirm`; the same one until then."""
    user = _own(work, user_id)
    if is_on(user):
        raise Conflict("Two-step sign-in is on already.")
    if user.totp_sealed is None:
        user.totp_sealed = secrets.seal(pyotp.random_base32())
    return secrets.unseal(user.totp_sealed)


def pending_secret(user: User) -> str | None:
    """The secret that waits for its first code; None when there is none or it is in force."""
    return secrets.unseal(user.totp_sealed) if user.totp_sealed and not is_on(user) else None


def confirm(work: Work, user_id: str, code: str, *, keep: str | None = None) -> list[str]:
    """Switch it on with a first code; answers the recovery codes. Other browsers are signed out."""
    user = _own(work, user_id)
    if is_on(user) or user.totp_sealed is None:
        raise Conflict("Start again: this set-up is no longer open.")
    if not use_code(work, user, code):
        raise Invalid(fields={"code": "That code does not fit. Wait for the next one and try it."})
    user.totp_confirmed_at = work.at
    codes = _new_recovery_codes(user)
    _changed(work, user, on=True, keep=keep)
    return codes


def turn_off(work: Work, user_id: str, *, keep: str | None = None) -> None:
    """Back to the password alone, by the person or an administrator; ends other sessions."""
    user = _own(work, user_id)
    if user.totp_sealed is None:
        return
    was_on = is_on(user)
    user.totp_sealed = user.totp_confirmed_at = user.totp_last_step = None
    user.recovery_hashes = []
    if was_on:
        _changed(work, user, on=False, keep=keep)


def renew_recovery_codes(work: Work, user_id: str, *, keep: str | None = None) -> list[str]:
    """Ten new codes; the old ones stop working."""
    user = _own(work, user_id)
    if not is_on(user):
        raise Conflict("Switch two-step sign-in on first.")
    codes = _new_recovery_codes(user)
    _changed(work, user, on=True, keep=keep)
    return codes


def use_code(work: Work, user: User, code: str) -> bool:
    """True when the app's code fits now; the same code, or an older one, never fits again."""
    digits = re.sub(r"\s", "", code)
    if user.totp_sealed is None or not re.fullmatch(r"[0-9]{6}", digits):
        return False
    app = pyotp.TOTP(secrets.unseal(user.totp_sealed))
    now_step = int(work.at.timestamp()) // STEP_S
    for step in (now_step, now_step - 1, now_step + 1):
        if hmac.compare_digest(app.generate_otp(step), digits):
            return _claim_step(work, user, step)
    return False


def use_recovery_code(work: Work, user: User, code: str) -> bool:
    """True when it is one of the person's unused recovery codes, which it then no longer is."""
    plain = re.sub(r"[\s-]", "", code).lower()
    if len(plain) != 12:
        return False
    locked = _locked(work, user.id)
    given = secrets.token_hash(plain)
    if given not in locked.recovery_hashes:
        return False
    locked.recovery_hashes = [kept for kept in locked.recovery_hashes if kept != given]
    work.audit("user.recovery_code_used", "user", user.id, left=len(locked.recovery_hashes))
    return True


def enrolment_uri(email: str, secret: str) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_svg(uri: str) -> str:
    """The QR code as an SVG `data:` address."""
    import segno  # noqa: PLC0415  for few people, and once each

    picture: str = segno.make(uri, error="m").svg_data_uri(scale=5, border=2, light="#fff")
    return picture


def _claim_step(work: Work, user: User, step: int) -> bool:
    """One compare-and-set, so that a code used twice at once is good for one of them."""
    claimed = work.session.execute(
        update(User)
        .where(User.id == user.id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
        .values(totp_last_step=step)
        .returning(User.id)
    ).first()
    return claimed is not None


def _new_recovery_codes(user: User) -> list[str]:
    codes = ["".join(_random.choice(_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    user.recovery_hashes = [secrets.token_hash(code) for code in codes]
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def _changed(work: Work, user: User, *, on: bool, keep: str | None) -> None:
    user.version += 1
    sessions.end_all(work, user.id, keep=keep)
    tokens.revoke_all(work, user.id)
    work.emit(SecondFactorChanged(user_id=user.id, on=on))
    work.audit("user.second_factor_changed", "user", user.id, on=on)


def _own(work: Work, user_id: str) -> User:
    from_actor = work.actor.kind == "user" and work.actor.id == user_id
    if not (from_actor or work.actor.is_admin or work.actor.kind == "system"):
        raise NotFound()
    return _locked(work, user_id)


def _locked(work: Work, user_id: str) -> User:
    user = work.session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFound()
    return user
