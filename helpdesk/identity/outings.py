"""A browser on its way to a provider and back: once, soon, and the same browser.

The state that comes back is known by its hash, and only together with the cookie of the browser
that left. Nonce and verifier follow from the row's id and the installation's key. Not for what the
provider says (see `openid`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from helpdesk.core import secrets
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.identity.models import ProviderOuting
from helpdesk.identity.sessions import LONGEST_TOKEN

GOOD_FOR = timedelta(minutes=10)
BROWSER = "hdo_"


@dataclass(frozen=True, slots=True)
class Outing:
    """What is known of a browser that is on its way."""

    id: str
    provider_id: str
    from_portal: bool
    language: str
    next_path: str

    @property
    def nonce(self) -> str:
        return secrets.sign("openid nonce", self.id)

    @property
    def verifier(self) -> str:
        return secrets.sign("openid verifier", self.id)


def cookie_name(https: bool) -> str:
    return "__Host-helpdesk-outing" if https else "helpdesk-outing"


def new_browser() -> str:
    return secrets.new_token(BROWSER)


def is_browser(text: str | None) -> bool:
    return text is not None and text.startswith(BROWSER) and len(text) <= LONGEST_TOKEN


def leave(
    work: Work, provider_id: str, browser: str, *, from_portal: bool, language: str, next_path: str
) -> tuple[Outing, str]:
    """Note that this browser leaves; the second is the state that it has to bring back."""
    state = secrets.new_token()
    row = ProviderOuting(
        state_hash=secrets.token_hash(state),
        id=new_id(),
        provider_id=provider_id,
        browser_hash=secrets.token_hash(browser),
        from_portal=from_portal,
        language=language[:10],
        next_path=next_path[:300],
        expires_at=work.at + GOOD_FOR,
    )
    work.session.add(row)
    return _read(row), state


def come_back(work: Work, provider_id: str, state: str, browser: str | None) -> Outing | None:
    """The outing that ends here, used up; None for a state that is used, late, or another's."""
    if not is_browser(browser) or not state or len(state) > LONGEST_TOKEN:
        return None
    assert browser is not None
    row = work.session.scalar(
        delete(ProviderOuting)
        .where(
            ProviderOuting.state_hash == secrets.token_hash(state),
            ProviderOuting.browser_hash == secrets.token_hash(browser),
            ProviderOuting.provider_id == provider_id,
            ProviderOuting.expires_at > work.at,
        )
        .returning(ProviderOuting)
    )
    return _read(row) if row is not None else None


def _read(row: ProviderOuting) -> Outing:
    return Outing(row.id, row.provider_id, row.from_portal, row.language, row.next_path)
