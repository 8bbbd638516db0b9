"""OpenID providers as administrators set them up, and whom their subjects stand for.

The client's secret is sealed and never shown again. Where a provider for staff is on, passwords of
staff can be switched off; those of administrators always work, so that a broken provider locks
nobody out for good. Not for the protocol (see `openid`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, select

from helpdesk.core import addresses, secrets, stored_settings
from helpdesk.core.addresses import AddressRefused
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.identity import permissions
from helpdesk.identity.models import ProviderSubject, SignInProvider, User
from helpdesk.identity.openid import Person

MOST = 20
SCOPES = "openid email profile"
SETTING = "identity.staff_passwords"
LONGEST_SECRET = 400
_TEXTS = {"name": 60, "issuer": 300, "client_id": 200, "scopes": 200}
_FLAGS = ("for_customers", "for_staff", "trusts_unsaid", "is_active")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


def is_safe(url: str) -> bool:
    """https to a host that may be a public one; http only where the operator excepts the host."""
    try:
        place = addresses.place_of(url)
    except AddressRefused:
        return False
    return place.scheme == "https" or addresses.is_excepted(place)


def listed(work: Work) -> Sequence[SignInProvider]:
    return work.session.scalars(
        select(SignInProvider).order_by(SignInProvider.name, SignInProvider.id).limit(MOST)
    ).all()


def offered(work: Work, *, to_staff: bool) -> Sequence[SignInProvider]:
    """Those whose button stands on a sign-in page."""
    return [row for row in listed(work) if _serves(row, is_staff=to_staff)]


def get(work: Work, provider_id: str) -> SignInProvider:
    row = work.session.get(SignInProvider, provider_id) if is_id(provider_id) else None
    if row is None:
        raise NotFound()
    return row


def get_active(work: Work, provider_id: str) -> SignInProvider:
    row = get(work, provider_id)
    if not row.is_active:
        raise NotFound()
    return row


def secret_of(row: SignInProvider) -> str:
    return secrets.unseal(row.secret_sealed) if row.secret_sealed else ""


def add(work: Work, *, secret: str = "", **given: Any) -> SignInProvider:
    """A new provider. It is off until it has been tried: the other side needs its address first."""
    permissions.require(permissions.may_administer(work.actor))
    if len(listed(work)) >= MOST:
        raise Invalid(f"There are {MOST} providers already. Remove one first.")
    row = SignInProvider(
        id=new_id(),
        secret_sealed=_sealed(secret),
        is_active=False,
        created_at=work.at,
        version=1,
        **_cleaned({"scopes": SCOPES, "domains": [], **given}),
    )
    work.session.add(row)
    work.session.flush()
    work.audit("sign_in_provider.added", "sign_in_provider", row.id, issuer=row.issuer)
    return row


def change(
    work: Work, provider_id: str, *, version: int, secret: str | None = None, **given: Any
) -> SignInProvider:
    """`secret` None leaves it as it is. With another issuer or client nobody is linked any more."""
    permissions.require(permissions.may_administer(work.actor))
    row = get(work, provider_id)
    if row.version != version:
        raise Conflict("Somebody changed this provider meanwhile.", code="stale")
    cleaned = _cleaned(given)
    before = {name: getattr(row, name) for name in cleaned if getattr(row, name) != cleaned[name]}
    if not before and not secret:
        return row
    if {"issuer", "client_id"} & before.keys():
        # Subjects are the issuer's, and for some issuers each client's own.
        _forget_subjects(work, row.id)
    for name in before:
        setattr(row, name, cleaned[name])
    if secret:
        row.secret_sealed = _sealed(secret)
    row.version += 1
    after = {name: cleaned[name] for name in before}
    work.audit(
        "sign_in_provider.changed", "sign_in_provider", row.id, before=before, after=after,
        secret_changed=bool(secret),
    )  # fmt: skip
    return row


def remove(work: Work, provider_id: str) -> None:
    permissions.require(permissions.may_administer(work.actor))
    row = get(work, provider_id)
    _forget_subjects(work, row.id)
    work.session.delete(row)
    work.audit("sign_in_provider.removed", "sign_in_provider", row.id, issuer=row.issuer)


def vouches(row: SignInProvider, person: Person) -> bool:
    """Whether the provider's word proves the address of this person to us."""
    if not person.email or person.vouched is False:
        return False
    if person.vouched is None and not row.trusts_unsaid:
        return False
    return not row.domains or person.email.rpartition("@")[2] in row.domains


def serves(row: SignInProvider, user: User) -> bool:
    """Whether this person may come in by this provider."""
    return user.is_active and _serves(row, is_staff=user.role != "customer")


def user_of(work: Work, row: SignInProvider, subject: str) -> User | None:
    """Whom the subject was linked with."""
    return work.session.scalar(
        select(User)
        .join(ProviderSubject, ProviderSubject.user_id == User.id)
        .where(ProviderSubject.provider_id == row.id, ProviderSubject.subject == subject)
    )


def link(work: Work, row: SignInProvider, subject: str, user: User) -> None:
    facts = {
        "provider_id": row.id,
        "subject": subject,
        "user_id": user.id,
        "linked_at": work.at,
    }
    if insert_if_absent(work.session, ProviderSubject, facts):
        work.audit("user.provider_linked", "user", user.id, provider=row.name)


def linked(work: Work, user_id: str) -> Sequence[tuple[str, str]]:
    """(id, name) of the providers that this person has come in by."""
    rows = work.session.execute(
        select(SignInProvider.id, SignInProvider.name)
        .join(ProviderSubject, ProviderSubject.provider_id == SignInProvider.id)
        .where(ProviderSubject.user_id == user_id)
        .order_by(SignInProvider.name)
        .distinct()
    )
    return [(row.id, row.name) for row in rows]


def unlink(work: Work, user_id: str, provider_id: str) -> None:
    """Its id for the person counts no more; by a verified address it may be linked again."""
    permissions.require(permissions.may_act_for(work.actor, user_id))
    work.session.execute(
        delete(ProviderSubject).where(
            ProviderSubject.provider_id == provider_id, ProviderSubject.user_id == user_id
        )
    )
    work.audit("user.provider_unlinked", "user", user_id, provider_id=provider_id)


def may_use_password(work: Work, user: User) -> bool:
    """Whether a right password lets this person in."""
    return user.role in ("customer", "admin") or not staff_passwords_off(work)


def staff_passwords_off(work: Work) -> bool:
    """Staff come in by their provider only; never while none of theirs is on."""
    if stored_settings.get(work, SETTING, {"off": False})["off"] is not True:
        return False
    on = exists().where(SignInProvider.is_active, SignInProvider.for_staff)
    return bool(work.session.scalar(select(on)))


def set_staff_passwords(work: Work, *, off: bool) -> None:
    permissions.require(permissions.may_administer(work.actor))
    if off and not offered(work, to_staff=True):
        raise Conflict("Switch a provider for your staff on first.", code="no_provider")
    stored_settings.put(work, SETTING, {"off": off})


def _serves(row: SignInProvider, *, is_staff: bool) -> bool:
    return row.is_active and (row.for_staff if is_staff else row.for_customers)


def _forget_subjects(work: Work, provider_id: str) -> None:
    work.session.execute(delete(ProviderSubject).where(ProviderSubject.provider_id == provider_id))


def _sealed(secret: str) -> str | None:
    if len(secret) > LONGEST_SECRET:
        raise Invalid(fields={"secret": f"Use at most {LONGEST_SECRET} characters."})
    return secrets.seal(secret) if secret else None


def _cleaned(given: dict[str, Any]) -> dict[str, Any]:
    cleaned, wrong = dict(given), {}
    for name in cleaned.keys() & _TEXTS.keys():
        cleaned[name] = " ".join(str(cleaned[name]).split())
        if not cleaned[name] or len(cleaned[name]) > _TEXTS[name]:
            wrong[name] = f"Enter up to {_TEXTS[name]} characters."
        elif not cleaned[name].isprintable():
            wrong[name] = "Use plain characters."
    # The slash at its end counts: the provider's tokens carry the issuer to the letter.
    issuer = str(cleaned.get("issuer", ""))
    if "issuer" in cleaned and ("?" in issuer or not is_safe(issuer)):
        wrong["issuer"] = "Enter the https address of a public host, as the provider names it."
    if "scopes" in cleaned and "scopes" not in wrong:
        scopes = cleaned["scopes"].split()
        if "openid" not in scopes or not all(_SCOPE.fullmatch(one) for one in scopes):
            wrong["scopes"] = "Name the scopes with spaces between them; openid has to be there."
    if "domains" in cleaned:
        cleaned["domains"] = [one.strip().lower().lstrip("@") for one in cleaned["domains"]]
        if len(cleaned["domains"]) > 50 or not all(map(_DOMAIN.fullmatch, cleaned["domains"])):
            wrong["domains"] = "Write domains such as example.org, with commas between them."
    for name in cleaned.keys() & set(_FLAGS):
        cleaned[name] = bool(cleaned[name])
    if wrong:
        raise Invalid(fields=wrong)
    return cleaned
