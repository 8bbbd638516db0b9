"""Webhooks over the API: who is told what, the log of deliveries, sending again.

A secret is shown when made, never again; bodies in the log are what was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.work import Work
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Listed, Paged, Version, View, given, listed, page_of_few
from helpdesk.web.bodies import Body
from helpdesk.webhooks import queries, service
from helpdesk.webhooks.calling import TROUBLES
from helpdesk.webhooks.kinds import NAMES
from helpdesk.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from helpdesk.workflows import webhooks

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://",
        max_length=500,
        description="A public host; inner addresses are refused.",
        examples=["https://crm.example.com/hooks/helpdesk"],
    ),
]
Kind = Literal[NAMES]  # type: ignore[valid-type]
Kinds = Annotated[list[Kind], Meta(min_length=1, max_length=len(NAMES))]
State = Literal["waiting", "sent", "given_up", "dropped"]


class WebhookView(View):
    """`off_why`: person, failing or gone where it is not active. `failures` in a row until now."""

    id: str
    name: str
    url: str
    kinds: list[str]
    is_active: bool
    off_why: str | None
    failures: int
    failing_since: datetime | None
    last_sent_at: datetime | None
    created_at: datetime
    version: int


class WebhookWithSecret(WebhookView):
    """`secret` checks signatures; keep it on your server. It is not shown again."""

    secret: str


class NewWebhook(Body, frozen=True):
    name: Name
    url: Url
    kinds: Kinds

    def __post_init__(self) -> None:
        service.check_address(self.url)


class WebhookChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not isinstance(self.url, UnsetType):
            service.check_address(self.url)


class DeliveriesAsked(Paged):
    state: State | UnsetType = UNSET


class DeliveryView(View):
    """One event on its way. `event_id` is the `webhook-id` that the receiver sees."""

    id: str
    event_id: str
    kind: str
    state: State
    attempts: int
    last_status: int | None
    created_at: datetime
    next_try_at: datetime | None
    done_at: datetime | None
    replay_of: str | None


class AttemptView(View):
    """One try. Without `status` there was no answer; `trouble` says why. `answer` is cut short."""

    at: datetime
    took_ms: int
    status: int | None
    trouble: str | None
    answer: str


class DeliveryInFull(DeliveryView):
    """With what is sent and every try."""

    body: dict[str, Any]
    tries: list[AttemptView]


@operation("GET", "/webhooks", who=ADMIN, query=Paged, gives=Listed[WebhookView])
def list_webhooks(work: Work, query: Paged) -> Listed[WebhookView]:
    """List the webhooks by name."""
    rows = queries.list_endpoints(work)
    page = page_of_few(rows, query, lambda row: (row.name, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/webhooks", who=ADMIN, body=NewWebhook, gives=WebhookWithSecret, status=201)
def add_webhook(work: Work, body: NewWebhook) -> WebhookWithSecret:
    """Add a webhook; the answer is the only one that shows its secret."""
    row, secret = service.add_endpoint(work, **given(body))
    return WebhookWithSecret(**_facts(row), secret=secret)


@operation("GET", "/webhooks/<id:webhook_id>", who=ADMIN, gives=WebhookView)
def get_webhook(work: Work, webhook_id: str) -> WebhookView:
    """Get one webhook."""
    return _view(service.get_endpoint(work, webhook_id))


@operation(
    "PATCH",
    "/webhooks/<id:webhook_id>",
    who=ADMIN,
    body=WebhookChange,
    gives=WebhookView,
    versioned=True,
)
def change_webhook(work: Work, webhook_id: str, body: WebhookChange) -> WebhookView:
    """Change a webhook, or switch it off or on.

    What waits for one that is switched off is dropped.
    """
    row = service.change_endpoint(
        work, webhook_id, version=version_asked(body.version), changes=given(body, "version")
    )
    return _view(row)


@operation("DELETE", "/webhooks/<id:webhook_id>", who=ADMIN)
def remove_webhook(work: Work, webhook_id: str) -> None:
    """Remove a webhook with its log."""
    service.remove_endpoint(work, webhook_id)


@operation(
    "POST", "/webhooks/<id:webhook_id>/secret", who=ADMIN, gives=WebhookWithSecret, status=201
)
def rotate_webhook_secret(work: Work, webhook_id: str) -> WebhookWithSecret:
    """Make a new secret. For a day calls carry the signature of the former one too."""
    secret = service.rotate_secret(work, webhook_id)
    return WebhookWithSecret(**_facts(service.get_endpoint(work, webhook_id)), secret=secret)


@operation("POST", "/webhooks/<id:webhook_id>/ping", who=ADMIN, gives=DeliveryView, status=201)
def ping_webhook(work: Work, webhook_id: str) -> DeliveryView:
    """Send a `webhook.ping` to test the way."""
    row = service.get_endpoint(work, webhook_id)
    delivery_id = service.ping(work, webhook_id, webhooks.test_body(work, row))
    return _delivery(service.get_delivery(work, delivery_id))


@operation(
    "GET",
    "/webhooks/<id:webhook_id>/deliveries",
    who=ADMIN,
    query=DeliveriesAsked,
    gives=Listed[DeliveryView],
)
def list_webhook_deliveries(
    work: Work, webhook_id: str, query: DeliveriesAsked
) -> Listed[DeliveryView]:
    """Read the log of a webhook, newest first; it is kept for 30 days."""
    row = service.get_endpoint(work, webhook_id)
    page = queries.page_of_deliveries(
        work, row.id, cursor=query.place(), limit=query.limit, state=query.state or ""
    )
    return listed(page, [_delivery(one) for one in page.items])


@operation("GET", "/webhooks/deliveries/<id:delivery_id>", who=ADMIN, gives=DeliveryInFull)
def get_webhook_delivery(work: Work, delivery_id: str) -> DeliveryInFull:
    """Get one delivery with its body and its tries."""
    row = service.get_delivery(work, delivery_id)
    return _in_full(row, queries.attempts_of(work, row.id))


@operation(
    "POST",
    "/webhooks/deliveries/<id:delivery_id>/replay",
    who=ADMIN,
    gives=DeliveryView,
    status=201,
)
def replay_webhook_delivery(work: Work, delivery_id: str) -> DeliveryView:
    """Send the same again, with the same `webhook-id`."""
    return _delivery(service.get_delivery(work, service.replay(work, delivery_id)))


def _facts(row: WebhookEndpoint) -> dict[str, Any]:
    own = {"is_active": not row.off_why, "off_why": row.off_why or None}
    names = [name for name in WebhookView.__struct_fields__ if name not in own]
    return {name: getattr(row, name) for name in names} | own


def _view(row: WebhookEndpoint) -> WebhookView:
    return WebhookView(**_facts(row))


def _delivery(row: WebhookDelivery) -> DeliveryView:
    return DeliveryView(**_delivery_facts(row))


def _delivery_facts(row: WebhookDelivery) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in DeliveryView.__struct_fields__}
    return facts | ({} if row.state == "waiting" else {"next_try_at": None})


def _in_full(row: WebhookDelivery, tries: Sequence[WebhookAttempt]) -> DeliveryInFull:
    return DeliveryInFull(
        **_delivery_facts(row),
        body=msgspec.json.decode(row.body),
        tries=[
            AttemptView(
                at=one.at,
                took_ms=one.took_ms,
                status=one.status,
                trouble=TROUBLES.get(one.trouble),
                answer=one.answer,
            )
            for one in tries
        ],
    )
