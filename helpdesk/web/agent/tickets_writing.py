"""Writing on a ticket from its page: a reply or a note, its files, what becomes of the ticket.

A reply goes out after the seconds its writer chose, or at a set time; a note is there at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO, Literal, cast

import msgspec
from flask import request

from helpdesk.calendars import moments
from helpdesk.channels import attachments
from helpdesk.channels.service import LONGEST_MESSAGE, Repeated
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets import drafts, permissions, sending_later
from helpdesk.tickets.models import PendingReply
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_unsaid import pending_frame
from helpdesk.web.agent.tickets_words import said_frame
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases, cases_reading, cases_sending

Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
Word = Annotated[str, msgspec.Meta(max_length=80)]
Tags = Annotated[
    tuple[Annotated[str, msgspec.Meta(max_length=50)], ...], msgspec.Meta(max_length=30)
]
Time = Annotated[str, msgspec.Meta(max_length=40)]


class Changes(Body, frozen=True):
    """What changes with the words; `macro` is the name of the macro they come from."""

    state: Word = ""
    priority: Word = ""
    type: Word | None = ""
    queue_id: Word = ""
    team_id: Word | None = ""
    assignee_id: Word | None = ""
    add_tags: Tags = ()
    remove_tags: Tags = ()
    macro: Word = ""


class Reply(Body, frozen=True):
    """`then`: the state that the ticket takes with the words; `changes` what else changes.

    `at` is when they go out: an instant, or a time on the writer's wall. `seen_at`: of what moment
    the ticket was that the writer saw.
    """

    client_msg_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] = ""
    public: bool = True
    attachments: Annotated[tuple[Id, ...], msgspec.Meta(max_length=10)] = ()
    then: Literal["", "resolved", "waiting_on_customer", "waiting_on_third_party", "open"] = ""
    changes: Changes | None = None
    at: Time = ""
    seen_at: Time = ""


@door.post("/tickets/<id:ticket_id>/reply")
@allow("agent", "supervisor", "admin")
def ticket_reply(ticket_id: str) -> dict[str, Any]:
    """Keep the words first; a change that can't be made is told beside (`refused`).

    The answer holds what waits (`pending`) or what was said (`messages`).
    """
    body = json_body(Reply)
    then = then_of(body.changes)
    if body.then:
        then["state"] = body.then
    waits = body.public and doors.reader().undo_s > 0
    with reading(doors.actor()) as work:
        earlier = sending_later.by_click(work, body.client_msg_id)
        if earlier is not None:  # the same click again: what became of it
            return _answer(work, ticket_id, earlier.ticket_id, earlier)
    if waits or body.at:
        return _later(ticket_id, body, then)
    return _now(ticket_id, body, then)


def _later(ticket_id: str, body: Reply, then: dict[str, Any]) -> dict[str, Any]:
    here = doors.actor()
    with begin(here) as work:
        given: dict[str, Any] = {
            "text": body.text,
            "public": body.public,
            "attachments": attachments.loose(
                work, body.attachments, uploaded_by=f"agent:{here.id}"
            ),
            "then": then,
            "client_msg_id": body.client_msg_id,
            "seen_at": moment(body.seen_at),
        }
        if body.at:
            row = cases_sending.send_at(work, ticket_id, chosen_time(body.at), **given)
        else:
            undo_s = doors.reader().undo_s or sending_later.UNDO_S
            row = cases_sending.send_undoable(work, ticket_id, undo_s=undo_s, **given)
    with reading(here) as work:
        return _answer(work, ticket_id, row.ticket_id, row)


def _now(ticket_id: str, body: Reply, then: dict[str, Any]) -> dict[str, Any]:
    here = doors.actor()
    author = f"agent:{here.id}"
    led_to, refused = ticket_id, ""
    try:
        with begin(here) as work:
            permissions.get_visible(work, ticket_id)
            posted = cases.reply(
                work,
                ticket_id,
                author=author,
                text=body.text,
                public=body.public,
                client_msg_id=body.client_msg_id,
                attachments=attachments.loose(work, body.attachments, uploaded_by=author),
            )
            led_to = posted.ticket_id
            drafts.drop_draft(work, ticket_id, public=body.public)
    except Repeated:
        pass
    if then:
        with begin(here) as work:
            refused = cases_sending.change_with_it(work, led_to, then)
    with reading(here) as work:
        said = cases_reading.words_sent(work, led_to, author, body.client_msg_id)
        return {
            **said_frame(work, led_to, [said] if said else []),
            "pending": None,
            "ticket_id": led_to,
            "elsewhere": led_to != ticket_id,
            "refused": refused,
        }


def _answer(work: Work, asked: str, led_to: str, row: PendingReply) -> dict[str, Any]:
    """A waiting reply; one that has gone out meanwhile as the message it became."""
    said = None
    if row.state == "sent":
        author = f"agent:{row.user_id}"
        said = cases_reading.words_sent(work, led_to, author, row.id)
    return {
        **said_frame(work, led_to, [said] if said else []),
        "pending": pending_frame(work, row) if row.state in sending_later.SHOWN else None,
        "ticket_id": led_to,
        "elsewhere": led_to != asked,
        "refused": row.why if row.state in ("sent", "pending") else "",
    }


def then_of(changes: Changes | None) -> dict[str, Any]:
    """What was asked for; a field that was left empty changes nothing."""
    if changes is None:
        return {}
    given = msgspec.structs.asdict(changes)
    return {name: value for name, value in given.items() if value not in ("", ())}


def moment(text: str) -> datetime | None:
    """An instant that the page says, if it says one."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 2000 < at.year < 3000:
        raise Invalid("That is no time.", code="bad_time")
    return at.astimezone(UTC)


def chosen_time(text: str, field: str = "at") -> datetime:
    """A time as somebody chose it: an instant, or what their own clock will show."""
    at = moments.on_wall(text, doors.reader().timezone)
    if at is None:
        raise Invalid(fields={field: "Choose a day and a time."})
    return at


@door.post("/tickets/<id:ticket_id>/files")
@allow("agent", "supervisor", "admin", uploads=True)
def ticket_upload(ticket_id: str) -> tuple[dict[str, Any], int]:
    """One file for the next message; it goes with the reply that names it."""
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid("Choose a file.", fields={"file": "This is needed."})
    here = doors.actor()
    with reading(here) as work:
        permissions.get_visible(work, ticket_id)
    store = attachments.FolderStore(doors.settings().data / "attachments")
    # Before the transaction: a slow disk must not hold the database's write lock.
    stored = store.save(cast("BinaryIO", given.stream), most=doors.settings().max_upload)
    try:
        with begin(here) as work:
            kept = attachments.add_loose(
                work, stored, name=given.filename, uploaded_by=f"agent:{here.id}"
            )
            answer = {"id": kept.id, "name": kept.name, "type": kept.type, "size": kept.size}
    except Exception:
        store.remove(stored.id)
        raise
    return answer, 201
