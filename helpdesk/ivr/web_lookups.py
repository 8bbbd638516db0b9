"""Setting up programs that are asked while a caller waits, and noting how they answer.

Sends nothing itself. Whoever takes an address from a person asks `check_address` before the
transaction; inside one only its form is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core import addresses, secrets
from helpdesk.core.addresses import AddressRefused
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.ivr import permissions
from helpdesk.ivr.lookups import HOLE, LookUp
from helpdesk.ivr.models import IvrWebLookup

START = "web:"
OUTCOME = "found"
LONGEST_NAME, LONGEST_SENTENCE = 80, 600
MOST = 20
FIELDS = ("name", "url", "sentence")


def check_address(url: str) -> None:
    """Invalid unless `url` leads to a public host by https now. Asks the network."""
    try:
        addresses.check(_formed(url))
    except AddressRefused as error:
        raise Invalid(fields={"url": error.message}) from error


def listed(work: Work) -> Sequence[IvrWebLookup]:
    wanted = select(IvrWebLookup).where(IvrWebLookup.removed_at.is_(None))
    return work.session.scalars(wanted.order_by(IvrWebLookup.name, IvrWebLookup.id)).all()


def known(work: Work) -> dict[str, LookUp]:
    """As a flow knows them."""
    return {
        START + row.id: LookUp(START + row.id, row.name, {OUTCOME: row.sentence}, None)
        for row in listed(work)
    }


def get(work: Work, lookup_id: str, *, lock: bool = False) -> IvrWebLookup:
    row = (
        work.session.get(IvrWebLookup, lookup_id, with_for_update=lock, populate_existing=lock)
        if is_id(lookup_id)
        else None
    )
    if row is None or row.removed_at is not None:
        raise NotFound("This look-up does not exist.")
    return row


def add(work: Work, secret: str, **given: str) -> IvrWebLookup:
    permissions.require_set_up(work)
    if len(listed(work)) >= MOST:
        raise Conflict(f"There are {MOST} look-ups, the most there can be.", code="too_many")
    row = IvrWebLookup(
        id=new_id(),
        **_checked(given),
        secret_sealed=secrets.seal(secret),
        failures=0,
        created_at=work.at,
        version=1,
    )
    work.session.add(row)
    work.session.flush()
    work.audit("call_lookup.added", "call_flow", row.id, name=row.name, url=row.url)
    return row


def change(work: Work, lookup_id: str, *, version: int, **given: str) -> IvrWebLookup:
    """Conflict (`stale`) when it was changed since `version`."""
    permissions.require_set_up(work)
    row = get(work, lookup_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this look-up meanwhile.", code="stale")
    values = _checked(given)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    if "url" in changed:
        row.failures, row.trouble, row.rest_until = 0, "", None
    if changed:
        row.version += 1
        work.audit("call_lookup.changed", "call_flow", row.id, name=row.name, changed=changed)
    return row


def new_secret(work: Work, lookup_id: str, secret: str) -> IvrWebLookup:
    """Calls are signed with this one from now on."""
    permissions.require_set_up(work)
    row = get(work, lookup_id, lock=True)
    row.secret_sealed = secrets.seal(secret)
    row.version += 1
    work.audit("call_lookup.secret_changed", "call_flow", row.id, name=row.name)
    return row


def remove(work: Work, lookup_id: str, used_by: Sequence[str]) -> None:
    """Conflict (`in_use`) while flows ask it."""
    permissions.require_set_up(work)
    row = get(work, lookup_id, lock=True)
    if used_by:
        raise Conflict(f"Still used by {', '.join(used_by)}. Change that first.", code="in_use")
    row.removed_at = work.at
    row.version += 1
    work.audit("call_lookup.removed", "call_flow", row.id, name=row.name)


def note(work: Work, lookup_id: str, trouble: str, rest_until: datetime | None) -> None:
    """How it answered: an empty `trouble` ends a row of failures."""
    row = work.session.get(IvrWebLookup, lookup_id, with_for_update=True, populate_existing=True)
    if row is not None:
        row.failures = row.failures + 1 if trouble else 0
        row.trouble, row.rest_until = trouble[:20], rest_until


def _formed(url: str) -> str:
    place = addresses.place_of(url.strip())
    if place.scheme != "https" and not addresses.is_excepted(place):
        raise AddressRefused
    return url.strip()


def _checked(given: Mapping[str, str]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    name = " ".join(given["name"].split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        wrong["name"] = f"Give it a name of up to {LONGEST_NAME} characters."
    sentence = " ".join(given["sentence"].split())
    if not 1 <= len(sentence) <= LONGEST_SENTENCE:
        wrong["sentence"] = f"Write what is said, in at most {LONGEST_SENTENCE} characters."
    elif "{" in HOLE.sub("", sentence) or "}" in HOLE.sub("", sentence):
        wrong["sentence"] = "Name a field of the answer in braces, like {status}."
    try:
        url = _formed(given["url"])
    except AddressRefused as error:
        wrong["url"] = f"{error.message} It begins with https."
        url = ""
    if wrong:
        raise Invalid(fields=wrong)
    return {"name": name, "url": url, "sentence": sentence}
