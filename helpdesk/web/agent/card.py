"""Changing a customer's record from the card: one field at a time, tags, notes.

Each change answers the card anew. Two people who edit at once are told: the card shows both values
and lets the second one choose. Not for addresses (see `addresses`) and merging (see `merging`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from flask import Response, request

from helpdesk.channels import queries as channels
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields, queries, service, timeline
from helpdesk.customers.merge_choices import FIELDS
from helpdesk.web import doors
from helpdesk.web.agent import card_view as cards
from helpdesk.web.agent import door
from helpdesk.web.agent.card_view import CardView, card_view
from helpdesk.web.agent.timeline_view import FILTERS, entries, kinds_of
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow

Text = Annotated[str, msgspec.Meta(max_length=10_000)]


class Change(Body, frozen=True):
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    value: Text = ""
    conversation: str = ""


class NewTag(Body, frozen=True):
    tag: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    conversation: str = ""


class NewNote(Body, frozen=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
    conversation: str = ""


class Plain(Body, frozen=True):
    """A button with nothing to say but where it stands."""

    conversation: str = ""


def answer_card(work: Work, customer_id: str, *, status: int = 200, **values: Any) -> Response:
    """The card anew, beside the conversation that the form named."""
    view = card_view(work, customer_id, conversation=conversation_of(work), **values)
    return draw(view, status)


def draw(view: CardView, status: int = 200) -> Response:
    return doors.fragment("agent/card.html", status, card=view)


def conversation_of(work: Work) -> Conversation | None:
    """The conversation beside which the card stands; what cannot be seen is left out."""
    given = request.form.get("conversation") or request.args.get("conversation") or ""
    return channels.get_visible(work, given) if is_id(given) else None


def try_change(customer_id: str, change: Callable[[Work], object]) -> Response:
    """Do it and answer the card; what cannot be taken is said on the card, and nothing is lost."""
    try:
        with begin(doors.actor()) as work:
            change(work)
    except Invalid as error:
        wrong = error.fields or {"card": error.message}
        with reading(doors.actor()) as work:
            return answer_card(work, customer_id, status=400, errors=wrong)
    with reading(doors.actor()) as work:
        return answer_card(work, customer_id)


@door.get("/customers/<id:customer_id>/card")
@allow("agent", "supervisor", "admin")
def card(customer_id: str) -> Response:
    shown = query_text("show")
    with reading(doors.actor()) as work:
        return answer_card(work, customer_id, shown=shown if shown in FILTERS else "all")


@door.get("/customers/<id:customer_id>/timeline")
@allow("agent", "supervisor", "admin")
def older_timeline(customer_id: str) -> Response:
    """The next page of the timeline, to be put under what is there."""
    shown = query_text("show")
    with reading(doors.actor()) as work:
        page = timeline.timeline(
            work,
            customer_id,
            query_text("cursor") or None,
            20,
            kinds=kinds_of(shown),
            folded=True,
        )
        return doors.fragment(
            "agent/_timeline_more.html",
            customer_id=customer_id,
            entries=entries(work, page),
            older=page.next_cursor,
            shown=shown if shown in FILTERS else "all",
        )


@door.post("/customers/<id:customer_id>/change")
@allow("agent", "supervisor", "admin")
def change(customer_id: str) -> Response:
    """One field. 409 with both values when somebody else was first."""
    body = form_body(Change)
    try:
        return try_change(
            customer_id,
            lambda work: service.change_customer(
                work, customer_id, version=body.version, changes=_changes(work, body)
            ),
        )
    except Conflict:
        with reading(doors.actor()) as work:
            view = card_view(work, customer_id, conversation=conversation_of(work))
            return draw(replace(view, conflict=_conflict(work, view, body)), 409)


def _changes(work: Work, body: Change) -> dict[str, Any]:
    head, _, key = body.field.partition(".")
    if head != "custom":
        return {body.field: body.value}
    definition = next(
        (d for d in custom_fields.definitions(work, "customer") if d.key == key), None
    )
    value: Any = body.value
    if definition is not None and body.value:
        if definition.kind == "switch":
            value = body.value == "yes"
        elif definition.kind == "number":
            value = _number(body.value, body.field)
    return {"custom": {key: value}}


def _number(text: str, field: str) -> int | float:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        raise Invalid(fields={field: "Write a number, such as 12 or 3.5."}) from None


def _conflict(work: Work, view: CardView, body: Change) -> cards.Conflict:
    head, _, key = body.field.partition(".")
    customer = view.card.customer
    if head == "custom":
        label = next((d.label for d, _ in view.card.fields if d.key == key), key)
        theirs = customer.custom.get(key, "")
    else:
        label = FIELDS.get(body.field, body.field)
        theirs = getattr(customer, body.field, "") if body.field in FIELDS else ""
    return cards.Conflict(body.field, label, body.value, "" if theirs is None else str(theirs))


@door.post("/customers/<id:customer_id>/tags")
@allow("agent", "supervisor", "admin")
def add_tag(customer_id: str) -> Response:
    body = form_body(NewTag)
    return try_change(customer_id, lambda work: service.add_tag(work, customer_id, body.tag))


@door.post("/customers/<id:customer_id>/tags/<id:tag_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_tag(customer_id: str, tag_id: str) -> Response:
    form_body(Plain)
    return try_change(customer_id, lambda work: service.remove_tag(work, customer_id, tag_id))


@door.get("/tags")
@allow("agent", "supervisor", "admin")
def tags() -> dict[str, Any]:
    """Names to offer while somebody types a tag."""
    with reading(doors.actor()) as work:
        return {"items": queries.tags_starting(work, query_text("q"), most=10)}


@door.post("/customers/<id:customer_id>/notes")
@allow("agent", "supervisor", "admin")
def add_note(customer_id: str) -> Response:
    body = form_body(NewNote)
    return try_change(customer_id, lambda work: service.add_note(work, customer_id, body.text))


@door.post("/customers/<id:customer_id>/notes/<id:note_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_note(customer_id: str, note_id: str) -> Response:
    form_body(Plain)
    return try_change(customer_id, lambda work: service.delete_note(work, note_id))
