"""Making two customer records one over the API, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers import merge as merging
from helpdesk.customers import permissions
from helpdesk.customers.models import Merge
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Query, View
from helpdesk.web.bodies import Body


class PreviewAsked(Query):
    customer_id: Annotated[Id, Meta(description="The record that would be merged into this one.")]


class ChoiceView(View):
    """One field with both values. `default` is null where you must choose."""

    field: str
    label: str
    kept: Any
    merged: Any
    default: str | None
    reason: str
    options: list[str]


class PreviewView(View):
    """`moves` counts what would change hands."""

    kept_id: str
    merged_id: str
    fields: list[ChoiceView]
    moves: dict[str, int]


Option = Literal["kept", "merged", "both"]


class MergeAsked(Body, frozen=True):
    """`customer_id` becomes part of the record in the path."""

    customer_id: Id
    choices: Annotated[
        dict[Annotated[str, Meta(max_length=80)], Option],
        Meta(max_length=100, examples=[{"name": "merged"}]),
    ] = field(default_factory=dict)


class MergeView(View):
    id: str
    kept_id: str
    merged_id: str
    choices: dict[str, str]
    at: datetime
    undone_at: datetime | None


class UndoneView(View):
    """`stays` says in words what people changed since and therefore keeps its newer value."""

    merge: MergeView
    stays: list[str]


@operation(
    "GET",
    "/customers/<id:customer_id>/merge",
    who=DESK,
    query=PreviewAsked,
    gives=PreviewView,
)
def preview_merge(work: Work, customer_id: str, query: PreviewAsked) -> PreviewView:
    """See what merging another record into this one would do; nothing is changed."""
    seen = merging.preview(work, customer_id, query.customer_id)
    return PreviewView(
        kept_id=seen.kept.id,
        merged_id=seen.merged.id,
        fields=[
            ChoiceView(
                field=one.field,
                label=one.label,
                kept=one.kept,
                merged=one.merged,
                default=one.default,
                reason=one.reason,
                options=list(one.options),
            )
            for one in seen.fields
        ],
        moves=seen.moves,
    )


@operation(
    "POST",
    "/customers/<id:customer_id>/merge",
    who=DESK,
    body=MergeAsked,
    gives=MergeView,
    status=201,
)
def merge_customers(work: Work, customer_id: str, body: MergeAsked) -> MergeView:
    """Merge another record into this one; it can be undone.

    `choices` picks fields where the proposed default (see the preview) is not wanted.
    """
    return _view(merging.merge(work, customer_id, body.customer_id, body.choices))


@operation(
    "POST",
    "/customers/<id:customer_id>/merges/<id:merge_id>/undo",
    who=DESK,
    gives=UndoneView,
)
def undo_merge(work: Work, customer_id: str, merge_id: str) -> UndoneView:
    """Take a merge back; both records are there again."""
    done = work.session.get(Merge, merge_id)
    kept = permissions.get_customer(work, customer_id)
    if done is None or kept.id != permissions.get_customer(work, done.kept_id).id:
        raise NotFound
    undone = merging.undo(work, merge_id)
    return UndoneView(merge=_view(undone.merge), stays=undone.stays)


def _view(done: Merge) -> MergeView:
    return MergeView(
        id=done.id,
        kept_id=done.kept_id,
        merged_id=done.merged_id,
        choices=dict(done.choices),
        at=done.at,
        undone_at=done.undone_at,
    )
