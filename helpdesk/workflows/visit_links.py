"""Links in mails and texts by which a customer sees and changes one visit without signing in.

A token is signed and names the visit and the promise that it was sent with: whoever holds the one
of a promise that has ended (it was moved since, or called off) still sees what became of the visit,
and can change nothing any more. Not for the words around it (`visit_reminding`).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import promises
from helpdesk.field_service.models import Visit, VisitPromise
from helpdesk.mail import place

PURPOSE = "visit link"
ABSENT = "This link leads nowhere. It may have been cut in two by a mail program."
OLD = "This visit was changed after this link was sent. Use the newest message you have of us."
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Link:
    """`is_current`: its promise still stands, so it may be changed by this link."""

    visit: Visit
    promise: VisitPromise
    is_current: bool


def token_of(promise: VisitPromise) -> str:
    body = UUID(promise.visit_id).bytes + UUID(promise.id).bytes
    signature = bytes.fromhex(secrets.sign(PURPOSE, body.hex()))[:16]
    return base64.urlsafe_b64encode(body + signature).decode()


def address_of(promise: VisitPromise) -> str:
    return f"{place.here().base_url}/visits/{token_of(promise)}"


def read(work: Work, token: str) -> Link:
    """NotFound for what we never sent."""
    found = _ids(token)
    visit = work.session.get(Visit, found[0]) if found else None
    promise = work.session.get(VisitPromise, found[1]) if found else None
    if visit is None or promise is None or promise.visit_id != visit.id:
        raise NotFound(ABSENT)
    return Link(visit, promise, promise.state == "open")


def must_be_current(link: Link) -> None:
    if not link.is_current:
        raise Conflict(OLD, code="old_link")


def actor_of(link: Link, address: str | None) -> Actor:
    """Whoever holds the link acts as the visit's customer, and for this visit alone."""
    return Actor(
        "visitor",
        f"visit-link-{link.visit.id}"[:40],
        role="customer",
        customer_id=link.visit.customer_id,
        address=address,
    )


def newest(work: Work, visit: Visit) -> VisitPromise | None:
    """The promise that stands, else the last one there was."""
    standing = promises.open_of(work, visit.id)
    if standing is not None:
        return standing
    all_ = promises.of_visit(work, visit.id)
    return all_[-1] if all_ else None


def _ids(token: str) -> tuple[str, str] | None:
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(raw) != 48:
        return None
    body, given = raw[:32], raw[32:].hex()
    if not secrets.same(secrets.sign(PURPOSE, body.hex())[:32], given):
        return None
    return str(UUID(bytes=body[:16])), str(UUID(bytes=body[16:]))
