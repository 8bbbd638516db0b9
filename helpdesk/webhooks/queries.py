"""Reads for the screens and the API: endpoints, their log, one delivery with its tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

STATES = ("waiting", "sent", "given_up", "dropped")


def list_endpoints(work: Work) -> Sequence[WebhookEndpoint]:
    """All of them by name; there are tens at most."""
    return work.session.scalars(
        select(WebhookEndpoint).order_by(func.lower(WebhookEndpoint.name), WebhookEndpoint.id)
    ).all()


def wanted_by(work: Work) -> dict[str, list[str]]:
    """By kind of event, the endpoints that are on and want it."""
    rows = work.session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.kinds).where(WebhookEndpoint.off_why == "")
    )
    found: dict[str, list[str]] = {}
    for endpoint_id, kinds in rows:
        for kind in kinds:
            found.setdefault(kind, []).append(endpoint_id)
    return found


def anything_waiting(work: Work) -> bool:
    """Whether any delivery is due now."""
    due = select(WebhookDelivery.id).where(
        WebhookDelivery.state == "waiting", WebhookDelivery.next_try_at <= work.at
    )
    return work.session.scalar(due.limit(1)) is not None


def page_of_deliveries(
    work: Work,
    endpoint_id: str,
    *,
    cursor: str | None = None,
    limit: int | None = None,
    state: str = "",
) -> Page[WebhookDelivery]:
    """The log of one endpoint, newest first."""
    most = clamp_limit(limit)
    statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if state:
        statement = statement.where(WebhookDelivery.state == state)
    rows = work.session.scalars(
        keyset(statement, [WebhookDelivery.id], cursor=cursor, limit=most)
    ).all()
    return cut(rows, most, lambda row: [row.id])


def attempts_of(work: Work, delivery_id: str) -> Sequence[WebhookAttempt]:
    """Every try, the first one first."""
    return work.session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.delivery_id == delivery_id)
        .order_by(WebhookAttempt.id)
    ).all()


def switched_off_by_itself(work: Work) -> Sequence[WebhookEndpoint]:
    """Those that need somebody's attention."""
    return work.session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.off_why.in_(("failing", "gone")))
        .order_by(WebhookEndpoint.name)
    ).all()


def day_counts(work: Work) -> dict[str, dict[str, int]]:
    """By endpoint and state, how many deliveries of the last day."""
    since = work.at - timedelta(days=1)
    found: dict[str, dict[str, int]] = {}
    for endpoint_id, state, number in work.session.execute(
        select(WebhookDelivery.endpoint_id, WebhookDelivery.state, func.count())
        .where(WebhookDelivery.created_at > since)
        .group_by(WebhookDelivery.endpoint_id, WebhookDelivery.state)
    ):
        found.setdefault(endpoint_id, {})[state] = number
    return found
