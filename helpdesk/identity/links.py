"""Links by mail that sign somebody in, or prove that an address is theirs.

A link is asked for by a browser and works in that browser only, once, for fifteen minutes; instead
of opening it there, its mail's code can be typed there. So a mail that is forwarded, or a link that
a program opens in advance, is worth nothing. Not for the mails (see the workflow `portal_links`)
nor for whose account it is (`portal_claiming`).
"""

from __future__ import annotations

import secrets as _random
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select, update

from helpdesk.core import secrets
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.identity import sign_in, throttle
from helpdesk.identity.events import SignInLinkAsked
from helpdesk.identity.models import KnownDevice, SignInLink, User
from helpdesk.identity.sessions import LONGEST_TOKEN

GOOD_FOR = timedelta(minutes=15)
MOST_A_DAY = 20
WRONG_CODES = 5
BROWSER = "hdl_"
Purpose = Literal["sign_in", "prove"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the mail and the way back need to know of who asked."""

    email: str
    browser: str
    site_id: str | None = None
    language: str = "en"
    next_path: str = ""


def cookie_name(https: bool) -> str:
    return "__Host-helpdesk-link" if https else "helpdesk-link"


def new_browser() -> str:
    """A mark for a browser that has none yet."""
    return secrets.new_token(BROWSER)


def is_browser(text: str | None) -> bool:
    return text is not None and text.startswith(BROWSER) and len(text) <= LONGEST_TOKEN


def ask(
    work: Work,
    asked: Asked,
    *,
    purpose: Purpose = "sign_in",
    user_id: str | None = None,
    device: str | None = None,
) -> SignInLink:
    """Note that this browser wants a link; TooMany while the address or the network has to wait.

    Known and unknown addresses take the same steps. A browser from which the address's owner has
    signed in before counts by itself, so that strangers who ask and ask lock nobody out.
    """
    email = sign_in.normal_email(asked.email)[:254]
    known = _known(work, email, device)
    throttle.begin_try(work, _account(email), address=work.actor.address, device=known)
    row = SignInLink(
        id=new_id(),
        purpose=purpose,
        email=email,
        user_id=user_id,
        browser_hash=secrets.token_hash(asked.browser),
        token_hash=None,
        code_hash=None,
        wrong_codes=0,
        is_known=known is not None,
        site_id=asked.site_id,
        language=asked.language,
        next_path=asked.next_path,
        created_at=work.at,
        expires_at=work.at + GOOD_FOR,
        used_at=None,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(SignInLinkAsked(link_id=row.id))
    return row


def has_enough(work: Work, link: SignInLink) -> bool:
    """Many went to this address today; those of a known browser are counted by themselves."""
    sent = work.session.scalar(
        select(func.count())
        .select_from(SignInLink)
        .where(
            SignInLink.email == link.email,
            SignInLink.created_at > work.at - timedelta(days=1),
            SignInLink.token_hash.is_not(None),
            SignInLink.is_known.is_(link.is_known),
        )
    )
    return (sent or 0) >= MOST_A_DAY


def issue(work: Work, link: SignInLink) -> tuple[str, str]:
    """The link's token and its code, for the mail; only hashes stay here."""
    token, code = secrets.new_token("hdp_"), f"{_random.randbelow(10**6):06d}"
    link.token_hash, link.code_hash = secrets.token_hash(token), _code_hash(link.id, code)
    return token, code


def look(work: Work, token: str) -> SignInLink | None:
    """The link while it works, in whatever browser; looking uses nothing up."""
    if len(token) > LONGEST_TOKEN:
        return None
    return work.session.scalar(
        select(SignInLink).where(
            SignInLink.token_hash == secrets.token_hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > work.at,
        )
    )


def is_of(link: SignInLink, browser: str | None) -> bool:
    """Whether this browser asked for it."""
    return browser is not None and secrets.token_hash(browser) == link.browser_hash


def asked_by(work: Work, browser: str, *, purpose: Purpose) -> SignInLink | None:
    """The newest that this browser asked for and that still works."""
    return work.session.scalar(
        select(SignInLink)
        .where(
            SignInLink.browser_hash == secrets.token_hash(browser),
            SignInLink.purpose == purpose,
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > work.at,
        )
        .order_by(SignInLink.created_at.desc(), SignInLink.id.desc())
        .limit(1)
    )


def use(work: Work, token: str, browser: str | None) -> SignInLink | None:
    """Use the link up in the browser that asked for it; None when it is gone or not for it."""
    link = look(work, token)
    if link is None or not is_of(link, browser):
        return None
    return _used(work, link)


def use_code(work: Work, browser: str, code: str, *, purpose: Purpose) -> SignInLink | None:
    """The same by the code of a mail this browser asked for; a wrong one is counted."""
    given = "".join(c for c in code if c.isdigit())
    wanted = (
        select(SignInLink)
        .where(
            SignInLink.browser_hash == secrets.token_hash(browser),
            SignInLink.purpose == purpose,
            SignInLink.code_hash.is_not(None),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > work.at,
            SignInLink.wrong_codes < WRONG_CODES,
        )
        .order_by(SignInLink.created_at.desc())
        .limit(5)
        .with_for_update()
    )
    rows = work.session.scalars(wanted).all()
    right = next((row for row in rows if _code_fits(row, given)), None)
    if right is not None:
        return _used(work, right)
    for row in rows:
        row.wrong_codes += 1
    return None


def _used(work: Work, link: SignInLink) -> SignInLink | None:
    taken = work.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=work.at)
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    # Whoever reads the mailbox was right to ask: it counts no more, for them and their network.
    throttle.take_back(work, throttle.Try("", _account(link.email)))
    # The others that the same browser asked for this address have served their purpose.
    work.session.execute(
        update(SignInLink)
        .where(
            SignInLink.browser_hash == link.browser_hash,
            SignInLink.email == link.email,
            SignInLink.used_at.is_(None),
        )
        .values(used_at=work.at)
        .execution_options(synchronize_session=False)
    )
    return link


def _known(work: Work, email: str, device: str | None) -> str | None:
    """The hash of a device's mark, where its owner has this address."""
    if not device or len(device) > LONGEST_TOKEN:
        return None
    row = work.session.execute(
        select(KnownDevice.token_hash, KnownDevice.seen_at)
        .join(User, User.id == KnownDevice.user_id)
        .where(KnownDevice.token_hash == secrets.token_hash(device), User.email == email)
    ).first()
    return row.token_hash if row and row.seen_at > work.at - sign_in.DEVICE_KEPT else None


def _account(email: str) -> str:
    return throttle.account_hash("sign-in link", email)


def _code_hash(link_id: str, code: str) -> str:
    # Six digits are soon guessed from a plain hash; this one needs the installation's key.
    return secrets.sign("sign-in code", f"{link_id} {code}")


def _code_fits(link: SignInLink, code: str) -> bool:
    return secrets.signature_fits("sign-in code", f"{link.id} {code}", link.code_hash or "")
