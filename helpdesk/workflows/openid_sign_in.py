"""Signing in by a provider: whose account its person is.

A subject that was here before is the person it was linked with, whatever its address is now. A new
one is matched by its address, and only where the provider vouches for that: an address that is just
said proves nothing, neither a colleague's nor a customer's. Colleagues are never made here.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import openid, outings, providers
from helpdesk.identity.models import SignInProvider, User
from helpdesk.identity.openid import NotTrue, Person
from helpdesk.identity.outings import Outing
from helpdesk.workflows import openid_asking, portal_claiming
from helpdesk.workflows.openid_asking import Client

log = logging.getLogger("helpdesk.sign_in")

BACK = "/sign-in/with/{id}/back"


class Refused(Exception):
    """Nobody comes in; `why` is a key of what the page says: failed, unvouched or no_account."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def back_of(base_url: str, provider_id: str) -> str:
    """The address that the provider leads back to, each its own: no provider can pass for another.

    Built from the configured base URL, whatever a request says.
    """
    return base_url.rstrip("/") + BACK.format(id=provider_id)


def way_out(
    actor: Actor, provider_id: str, browser: str, base_url: str, *, from_portal: bool,
    language: str, next_path: str,
) -> str:  # fmt: skip
    """The provider's page to send this browser to; Refused while the provider can't be used."""
    with reading(actor) as work:
        row = providers.get_active(work, provider_id)
        issuer, client_id, scopes, name = row.issuer, row.client_id, row.scopes, row.name
    try:
        published = openid_asking.document(issuer)
    except NotTrue as error:
        log.warning("nobody can be sent to %r: %s", name, error)
        raise Refused("failed") from error
    with begin(actor) as work:
        outing, state = outings.leave(
            work, provider_id, browser, from_portal=from_portal, language=language,
            next_path=next_path,
        )  # fmt: skip
    return openid.way_out(
        published, client_id=client_id, back=back_of(base_url, provider_id), scopes=scopes,
        state=state, nonce=outing.nonce, verifier=outing.verifier, language=language,
    )  # fmt: skip


def person_of(
    actor: Actor, outing: Outing, base_url: str, *, code: str, issuer: str | None
) -> Person:
    """Whom the provider speaks of; Refused where anything of its answer does not hold."""
    with reading(actor) as work:
        row = providers.get_active(work, outing.provider_id)
        client, name = Client.of(row), row.name
    try:
        _require_issuer(client, issuer)
        back = back_of(base_url, outing.provider_id)
        return openid_asking.person(client, code=code, back=back, outing=outing, at=clock.now())
    except NotTrue as error:
        log.warning("an answer of %r is not believed: %s", name, error)
        raise Refused("failed") from error


def account_of(work: Work, outing: Outing, found: Person) -> User:
    """The account to sign in; a customer's is made where the address is new."""
    row = providers.get_active(work, outing.provider_id)
    vouched = providers.vouches(row, found)
    user = providers.user_of(work, row, found.subject)
    if user is None:
        if not vouched:
            raise Refused("unvouched")
        user = _by_address(work, row, found, outing.language)
    if user is None or not providers.serves(row, user):
        raise Refused("no_account")
    providers.link(work, row, found.subject, user)
    if vouched and user.customer_id is not None:
        # Whoever is known by their subject comes in with an address that is none, too.
        with suppress(Invalid):
            portal_claiming.prove(work, user.customer_id, found.email)
    return user


def _by_address(work: Work, row: SignInProvider, found: Person, language: str) -> User | None:
    known = work.session.scalar(select(User).where(User.email == found.email))
    if known is not None or not row.for_customers:
        return known
    return portal_claiming.account_of(work, found.email, language=language)


def _require_issuer(client: Client, given: str | None) -> None:
    """An answer that names another issuer was meant for another client (RFC 9207)."""
    if given is None and not openid_asking.document(client.issuer).names_issuer:
        return
    if given != client.issuer:
        raise NotTrue("The answer came from another issuer.")
