"""Links by which whoever reads a mail says no to its purpose, without signing in (RFC 8058).

A link is good for one address and purpose, for as long as the mail may lie in a mailbox.
"""

from __future__ import annotations

import re

from sqlalchemy import select

from helpdesk.consents import service
from helpdesk.consents.models import ConsentLink
from helpdesk.core import secrets
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def issue(work: Work, customer_id: str, purpose: str, address: str, language: str) -> str:
    """A new token (192 bit) for this mail."""
    token = secrets.new_token()
    work.insert(
        ConsentLink,
        token_hash=secrets.token_hash(token),
        customer_id=customer_id,
        purpose=purpose,
        address=address.lower()[:254],
        language=language[:10],
        created_at=work.at,
    )
    return token


def get(work: Work, token: str) -> ConsentLink:
    """NotFound for what we never sent."""
    found = None
    if _TOKEN.fullmatch(token):
        wanted = select(ConsentLink).where(ConsentLink.token_hash == secrets.token_hash(token))
        found = work.session.scalar(wanted)
    if found is None:
        raise NotFound("This link leads nowhere. It may have been cut in two by a mail program.")
    return found


def use(work: Work, token: str) -> ConsentLink:
    """No more of it to this address; saying it again changes nothing."""
    link = get(work, token)
    service.say(
        work,
        link.customer_id,
        purpose=link.purpose,
        channel="email",
        state="withdrawn",
        source="unsubscribe",
        address=link.address,
    )
    return link
