"""Setting endpoints up and noting what becomes of deliveries. Sends nothing itself.

Whoever takes an address from a person asks `check_address` before the transaction; inside one
only its form is looked at again, because looking a name up takes time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from helpdesk.core import addresses, secrets
from helpdesk.core.addresses import AddressRefused
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.webhooks import pauses, signing
from helpdesk.webhooks.calling import Answer
from helpdesk.webhooks.events import WebhookDue, WebhookSwitchedOff
from helpdesk.webhooks.kinds import BY_NAME, PING
from helpdesk.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

LONGEST_NAME = 80
MOST_ENDPOINTS = 50
LONGEST_ANSWER = 2_000
FORMER_SECRET = timedelta(days=1)
BUSY = timedelta(seconds=60)
CALL_AGAIN = timedelta(seconds=20)
KEEP = timedelta(days=30)


def check_address(url: str) -> None:
    """Invalid unless `url` leads to a public host now. Asks the network: not in a transaction."""
    try:
        addresses.check(url.strip())
    except AddressRefused as error:
        raise Invalid(fields={"url": error.message}) from error


def add_endpoint(
    work: Work, *, name: str, url: str, kinds: Sequence[str]
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown to nobody again."""
    _require_admin(work)
    if len(work.session.scalars(select(WebhookEndpoint.id)).all()) >= MOST_ENDPOINTS:
        raise Conflict(f"There are {MOST_ENDPOINTS} webhooks, the most there can be.")
    secret = signing.new_secret()
    endpoint = WebhookEndpoint(
        id=new_id(),
        **_checked({"name": name, "url": url, "kinds": kinds}),
        secret_sealed=secrets.seal(secret),
        off_why="",
        failures=0,
        created_at=work.at,
        version=1,
    )
    work.session.add(endpoint)
    work.session.flush()
    work.audit("webhook.added", "webhook", endpoint.id, url=endpoint.url, kinds=endpoint.kinds)
    return endpoint, secret


def change_endpoint(
    work: Work, endpoint_id: str, *, version: int | None = None, changes: Mapping[str, Any]
) -> WebhookEndpoint:
    """Change name, url, kinds or is_active; Conflict when changed since `version`."""
    _require_admin(work)
    endpoint = get_endpoint(work, endpoint_id, lock=True)
    if version is not None and endpoint.version != version:
        raise Conflict("Somebody changed this webhook meanwhile. Look again and repeat.")
    values = dict(changes)
    switch = values.pop("is_active", None)
    values = _checked(values)
    before = {name: getattr(endpoint, name) for name in values}
    for field, value in values.items():
        setattr(endpoint, field, value)
    if switch is not None and switch != (not endpoint.off_why):
        _switch(work, endpoint, "" if switch else "person")
    endpoint.version += 1
    work.session.flush()
    after = {k: v for k, v in values.items() if v != before[k]}
    if switch is not None:
        after["is_active"] = switch
    work.audit("webhook.changed", "webhook", endpoint.id, after=after)
    return endpoint


def remove_endpoint(work: Work, endpoint_id: str) -> None:
    """Remove it with its log."""
    _require_admin(work)
    endpoint = get_endpoint(work, endpoint_id, lock=True)
    theirs = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint.id)
    work.session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(theirs)))
    work.session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id))
    work.session.delete(endpoint)
    work.audit("webhook.removed", "webhook", endpoint.id, url=endpoint.url)


def rotate_secret(work: Work, endpoint_id: str) -> str:
    """A new secret; for a day calls are signed with the former one too."""
    _require_admin(work)
    endpoint = get_endpoint(work, endpoint_id, lock=True)
    secret = signing.new_secret()
    endpoint.former_sealed, endpoint.former_until = endpoint.secret_sealed, work.at + FORMER_SECRET
    endpoint.secret_sealed = secrets.seal(secret)
    endpoint.version += 1
    work.audit("webhook.secret_changed", "webhook", endpoint.id)
    return secret


def secrets_of(work: Work, endpoint: WebhookEndpoint) -> list[str]:
    """What to sign with now, the newest first."""
    found = [secrets.unseal(endpoint.secret_sealed)]
    if endpoint.former_sealed and endpoint.former_until and endpoint.former_until > work.at:
        found.append(secrets.unseal(endpoint.former_sealed))
    return found


def get_endpoint(work: Work, endpoint_id: str, *, lock: bool = False) -> WebhookEndpoint:
    found = (
        work.session.get(WebhookEndpoint, endpoint_id, with_for_update=lock, populate_existing=lock)
        if is_id(endpoint_id)
        else None
    )
    if found is None:
        raise NotFound
    return found


def enqueue(work: Work, endpoint_id: str, *, event_id: str, kind: str, body: str) -> bool:
    """Note that this event goes to this endpoint; False when it was noted before."""
    row = _delivery(work, endpoint_id, event_id, kind, body)
    return insert_if_absent(work.session, WebhookDelivery, row)


def ping(work: Work, endpoint_id: str, body: str) -> str:
    """A delivery that only tests the way; answers its id."""
    _require_admin(work)
    endpoint = get_endpoint(work, endpoint_id)
    if endpoint.off_why:
        raise Conflict("This webhook is off. Switch it on first.", code="webhook_off")
    return _put(work, endpoint, event_id=new_id(), kind=PING, body=body)


def replay(work: Work, delivery_id: str) -> str:
    """Send the same again, under the same event id; answers the new delivery's id."""
    _require_admin(work)
    old = get_delivery(work, delivery_id)
    endpoint = get_endpoint(work, old.endpoint_id)
    if endpoint.off_why:
        raise Conflict("This webhook is off. Switch it on first.", code="webhook_off")
    work.audit("webhook.replayed", "webhook", endpoint.id, event_id=old.event_id)
    return _put(
        work, endpoint, event_id=old.event_id, kind=old.kind, body=old.body, replay_of=old.id
    )


def get_delivery(work: Work, delivery_id: str) -> WebhookDelivery:
    found = work.session.get(WebhookDelivery, delivery_id) if is_id(delivery_id) else None
    if found is None:
        raise NotFound
    return found


def call_senders(work: Work, endpoint_ids: Sequence[str] | None = None) -> int:
    """Ask for a worker for each endpoint with something due; answers how many were asked for.

    One that was asked for a moment ago or has its sender is left alone.
    """
    waiting = exists().where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.next_try_at <= work.at,
    )
    conditions = [_free(work), waiting]
    conditions.append(
        or_(WebhookEndpoint.called_at.is_(None), WebhookEndpoint.called_at < work.at - CALL_AGAIN)
    )
    if endpoint_ids is not None:
        conditions.append(WebhookEndpoint.id.in_(endpoint_ids))
    called = work.session.scalars(
        update(WebhookEndpoint)
        .where(*conditions)
        .values(called_at=work.at)
        .returning(WebhookEndpoint.id)
        .execution_options(synchronize_session=False)
    ).all()
    for endpoint_id in called:
        work.emit(WebhookDue(endpoint_id=endpoint_id))
    return len(called)


def take(work: Work, endpoint_id: str) -> bool:
    """Become the one who sends to it; False when it is off, rests, or somebody else does."""
    taken = work.session.scalars(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, _free(work))
        .values(busy_until=work.at + BUSY, called_at=None)
        .returning(WebhookEndpoint.id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def give_back(work: Work, endpoint_id: str) -> None:
    work.session.execute(
        update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).values(busy_until=None)
    )


def next_due(work: Work, endpoint_id: str) -> WebhookDelivery | None:
    return work.session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.state == "waiting",
            WebhookDelivery.next_try_at <= work.at,
        )
        .order_by(WebhookDelivery.next_try_at, WebhookDelivery.id)
        .limit(1)
    ).first()


def note_answer(work: Work, delivery_id: str, answer: Answer) -> bool:
    """Write down what came of a try; True when the sender may go on with the next delivery."""
    delivery = work.session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.state != "waiting":
        return False
    endpoint = get_endpoint(work, delivery.endpoint_id, lock=True)
    work.session.add(
        WebhookAttempt(
            id=new_id(),
            delivery_id=delivery.id,
            at=work.at,
            took_ms=answer.took_ms,
            status=answer.status,
            trouble=answer.trouble,
            answer=answer.text[:LONGEST_ANSWER],
        )
    )
    delivery.attempts += 1
    delivery.last_status = answer.status
    endpoint.busy_until = work.at + BUSY
    if pauses.is_success(answer.status):
        delivery.state, delivery.done_at = "sent", work.at
        endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
        endpoint.last_sent_at = work.at
    else:
        _note_failure(work, endpoint, delivery, answer)
    return not endpoint.off_why and endpoint.rest_until is None


def forget_old(work: Work, *, most: int = 500) -> int:
    """Remove deliveries whose day has gone, with their tries; answers how many."""
    ids = work.session.scalars(
        select(WebhookDelivery.id)
        .where(WebhookDelivery.created_at < work.at - KEEP, WebhookDelivery.state != "waiting")
        .order_by(WebhookDelivery.created_at)
        .limit(most)
    ).all()
    work.session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)))
    work.session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
    return len(ids)


def _note_failure(
    work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer
) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or work.at
    endpoint.rest_until = pauses.rest(endpoint.failures, answer.status is not None, work.at)
    again = pauses.next_try(delivery.attempts, work.at)
    if again is None:
        delivery.state, delivery.done_at = "given_up", work.at
    else:
        delivery.next_try_at = again
    if answer.status == pauses.GONE:
        _switch(work, endpoint, "gone")
    elif pauses.failed_too_long(endpoint.failures, endpoint.failing_since, work.at):
        _switch(work, endpoint, "failing")


def _switch(work: Work, endpoint: WebhookEndpoint, off_why: str) -> None:
    """On (empty) or off; what waits for one that is off is dropped, it would come too late."""
    endpoint.off_why = off_why
    endpoint.off_at = work.at if off_why else None
    endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
    if not off_why:
        return
    work.session.flush()
    work.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == "waiting")
        .values(state="dropped", done_at=work.at)
    )
    if off_why != "person":
        work.emit(WebhookSwitchedOff(endpoint_id=endpoint.id, why=off_why))
        work.audit("webhook.switched_off", "webhook", endpoint.id, why=off_why)


def _put(
    work: Work,
    endpoint: WebhookEndpoint,
    *,
    event_id: str,
    kind: str,
    body: str,
    replay_of: str | None = None,
) -> str:
    row = WebhookDelivery(
        **_delivery(work, endpoint.id, event_id, kind, body) | {"replay_of": replay_of}
    )
    work.session.add(row)
    endpoint.rest_until = None
    work.session.flush()
    call_senders(work, [endpoint.id])
    return row.id


def _delivery(work: Work, endpoint_id: str, event_id: str, kind: str, body: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "kind": kind,
        "body": body,
        "state": "waiting",
        "attempts": 0,
        "created_at": work.at,
        "next_try_at": work.at,
    }


def _free(work: Work) -> ColumnElement[bool]:
    """On, not resting, and nobody sends to it."""
    table = WebhookEndpoint
    return (
        (table.off_why == "")
        & or_(table.rest_until.is_(None), table.rest_until <= work.at)
        & or_(table.busy_until.is_(None), table.busy_until < work.at)
    )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    for field, value in values.items():
        if field == "name":
            found[field] = " ".join(str(value).split())
            if not 0 < len(found[field]) <= LONGEST_NAME:
                wrong[field] = f"Write a name of at most {LONGEST_NAME} characters."
        elif field == "url":
            found[field] = str(value).strip()
            try:
                addresses.place_of(found[field])
            except AddressRefused as error:
                wrong[field] = error.message
        elif field == "kinds":
            found[field] = list(dict.fromkeys(value))
            if not found[field]:
                wrong[field] = "Choose at least one event."
            elif set(found[field]) - set(BY_NAME):
                wrong[field] = "One of these events can't be sent."
        else:
            wrong[field] = "There is no such field."
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _require_admin(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator sets webhooks up.")
