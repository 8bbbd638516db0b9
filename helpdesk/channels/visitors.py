"""Browsers that chat: their secret tokens, how long those live, and whose they are.

A token has 192 random bits, belongs to one site, and only its hash is stored. An identity counts
only with the host site's signature; a mail address that somebody typed proves nothing.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, select

from helpdesk.channels import sites
from helpdesk.channels.models import Conversation, Visitor, WidgetSite
from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work

IDLE = timedelta(days=180)
REFRESH = timedelta(hours=12)


def new_visitor(work: Work, site_id: str, customer_id: str) -> tuple[Visitor, str]:
    """A browser seen for the first time, and the token it keeps; only the hash stays here."""
    token = secrets.new_token("hdv_")
    visitor = Visitor(
        id=new_id(),
        site_id=site_id,
        token_hash=secrets.token_hash(token),
        customer_id=customer_id,
        identified_at=None,
        created_at=work.at,
        seen_at=work.at,
        expires_at=work.at + IDLE,
    )
    work.put(visitor)
    return visitor, token


def find_visitor(work: Work, token: object, site_id: str | None = None) -> Visitor | None:
    """The visitor of a live token; None for an unknown or expired one, or one of another site."""
    if not isinstance(token, str) or not 40 >= len(token) >= 20:
        return None
    wanted = select(Visitor).where(Visitor.token_hash == secrets.token_hash(token))
    visitor = work.session.scalars(wanted).first()
    if visitor is None or visitor.expires_at <= work.at:
        return None
    return visitor if site_id in (None, visitor.site_id) else None


def saw(work: Work, visitor: Visitor) -> None:
    """Note that the browser is back, which lengthens its token's life (at most twice a day)."""
    if work.at - visitor.seen_at >= REFRESH:
        visitor.seen_at = work.at
        visitor.expires_at = work.at + IDLE


def new_token(work: Work, visitor: Visitor) -> str:
    """A fresh token in place of the old one, which ends at once."""
    token = secrets.new_token("hdv_")
    visitor.token_hash = secrets.token_hash(token)
    visitor.expires_at = work.at + IDLE
    return token


def identify(
    work: Work, visitor: Visitor, site: WidgetSite, *, external_id: str, email: str, proof: str
) -> bool:
    """Mark the visitor as identified when the host site signed the identity; False otherwise.

    The caller then finds or makes the customer and hands it to `belongs_to`.
    """
    if visitor.site_id != site.id or not sites.identity_fits(site, external_id, email, proof):
        return False
    visitor.identified_at = work.at
    return True


def belongs_to(work: Work, visitor: Visitor, customer_id: str) -> None:
    """From now on what this browser writes belongs to that customer."""
    visitor.customer_id = customer_id


def actor_for(visitor: Visitor, address: str | None = None) -> Actor:
    return Actor("visitor", visitor.id, customer_id=visitor.customer_id, address=address)


def forget_expired(work: Work, *, most: int = 500) -> int:
    """Delete visitors whose tokens have ended and who have nothing open; answers how many."""
    is_open = exists().where(Conversation.visitor_id == Visitor.id, Conversation.state != "ended")
    ended = select(Visitor.id).where(Visitor.expires_at <= work.at, ~is_open).limit(most)
    ids = list(work.session.scalars(ended))
    if ids:
        work.session.execute(delete(Visitor).where(Visitor.id.in_(ids)))
    return len(ids)
