"""Links by which somebody chooses a password: for a new person, or one who forgot.

An administrator issues the link and hands it over, and it works once, within a day; or the person
asks for one by mail, and it works for an hour. Opening it uses nothing up, only sending the form
does. Not for the mail itself (see the workflow `password_links`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from helpdesk.core import secrets
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.identity import permissions, sign_in, throttle
from helpdesk.identity.events import PasswordLinkAsked
from helpdesk.identity.models import PasswordReset, User
from helpdesk.identity.sessions import LONGEST_TOKEN

PAGE = "/set-password"
GOOD_FOR = timedelta(hours=24)
GOOD_FOR_MAILED = timedelta(hours=1)
GONE = "This link no longer works: it was used, or its time is over."


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose password a link sets."""

    user_id: str
    email: str
    name: str


def issue(work: Work, user_id: str) -> str:
    """A new link's token; earlier links of the person stop working."""
    permissions.require(permissions.may_administer(work.actor))
    user = work.session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFound()
    end_all(work, user_id)
    token = _new_link(work, user_id, GOOD_FOR)
    work.audit("user.password_link_issued", "user", user_id)
    return token


def ask(work: Work, email: str) -> None:
    """Somebody wants a link by mail for this address; TooMany while they have to wait.

    Known and unknown addresses take the same steps and leave the same event.
    """
    email = sign_in.normal_email(email)[:254]
    account = throttle.account_hash("link", email)
    throttle.begin_try(work, account, address=work.actor.address)
    known = select(User.id).where(User.email == email, User.is_active.is_(True))
    work.emit(PasswordLinkAsked(user_id=work.session.scalar(known)))


def issue_for_mail(work: Work, user_id: str) -> str:
    """The token of a link to be mailed. Earlier links go on working: anybody may ask for one, and
    nobody may end somebody's link by that.
    """
    permissions.require(permissions.may_administer(work.actor))
    token = _new_link(work, user_id, GOOD_FOR_MAILED)
    work.audit("user.password_link_mailed", "user", user_id)
    return token


def _new_link(work: Work, user_id: str, good_for: timedelta) -> str:
    token = secrets.new_token("hdr_")
    work.session.add(
        PasswordReset(
            token_hash=secrets.token_hash(token),
            user_id=user_id,
            created_at=work.at,
            expires_at=work.at + good_for,
            used_at=None,
        )
    )
    return token


def link(base_url: str, token: str, *, at: str = PAGE) -> str:
    """The address to hand over; built from the configured base URL, whatever a request says."""
    return f"{base_url.rstrip('/')}{at}/{token}"


def look(work: Work, token: str) -> Waiting | None:
    """Whom the link is for, while it works; looking changes nothing."""
    if len(token) > LONGEST_TOKEN:
        return None
    user = work.session.scalar(
        select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.token_hash == secrets.token_hash(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > work.at,
            User.is_active.is_(True),
        )
    )
    return Waiting(user.id, user.email, user.name) if user else None


def use(work: Work, token: str) -> str:
    """Use the link up and answer whose it was; Invalid when it is used, old or unknown."""
    user_id = work.session.scalar(
        update(PasswordReset)
        .where(
            PasswordReset.token_hash == secrets.token_hash(token[: LONGEST_TOKEN + 1]),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > work.at,
        )
        .values(used_at=work.at)
        .returning(PasswordReset.user_id)
    )
    if user_id is None:
        raise Invalid(GONE, code="link_gone")
    return user_id


def end_all(work: Work, user_id: str) -> None:
    """No link of this person works any more."""
    work.session.execute(
        delete(PasswordReset).where(
            PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None)
        )
    )
