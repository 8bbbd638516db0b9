"""Writing on a ticket from its page: a reply or a note, its files, the state that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, BinaryIO, Literal, cast

import msgspec
from flask import request
from sqlalchemy import select

from helpdesk.channels import attachments, content_types
from helpdesk.channels.models import Attachment
from helpdesk.channels.service import LONGEST_MESSAGE, Repeated
from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets import permissions
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_words import said_frame
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases, cases_line, cases_reading

Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Reply(Body, frozen=True):
    """`then`: the state that the ticket takes once the words are kept."""

    client_msg_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] = ""
    public: bool = True
    attachments: Annotated[tuple[Id, ...], msgspec.Meta(max_length=10)] = ()
    then: Literal["", "resolved", "waiting_on_customer", "waiting_on_third_party", "open"] = ""


@door.post("/tickets/<id:ticket_id>/reply")
@allow("agent", "supervisor", "admin")
def ticket_reply(ticket_id: str) -> dict[str, Any]:
    """Keep the words first; a state that can't be taken is told beside (`refused`)."""
    body = json_body(Reply)
    here = doors.actor()
    author = f"agent:{here.id}"
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
                attachments=_unsent(work, body.attachments, author),
            )
            led_to = posted.ticket_id
    except Repeated:
        led_to = ticket_id
    refused = ""
    if body.then:
        try:
            with begin(here) as work:
                cases_line.set_state(work, led_to, body.then)
        except HelpdeskError as error:
            refused = " ".join(getattr(error, "fields", {}).values()) or error.message
    with reading(here) as work:
        said = cases_reading.words_sent(work, led_to, author, body.client_msg_id)
        shown = said_frame(work, led_to, [said] if said else [])
    return {
        **shown,
        "ticket_id": led_to,
        "elsewhere": led_to != ticket_id,
        "refused": refused,
    }


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
            kept = Attachment(
                id=stored.id,
                conversation_id=stored.id,  # until the words it goes with have a place
                message_id=None,
                uploaded_by=f"agent:{here.id}",
                name=content_types.clean_name(given.filename),
                type=stored.type,
                size=stored.size,
                sha256=stored.sha256,
                created_at=work.at,
                erased_at=None,
            )
            work.session.add(kept)
            work.session.flush()
            answer = {"id": kept.id, "name": kept.name, "type": kept.type, "size": kept.size}
    except Exception:
        store.remove(stored.id)
        raise
    return answer, 201


def _unsent(work: Work, ids: Sequence[str], author: str) -> list[Attachment]:
    """The writer's own files that were in no message yet, in the order given."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    rows = work.session.scalars(
        select(Attachment).where(
            Attachment.id.in_(wanted),
            Attachment.uploaded_by == author,
            Attachment.message_id.is_(None),
            Attachment.erased_at.is_(None),
        )
    )
    found = {row.id: row for row in rows}
    if len(found) != len(wanted):
        raise Invalid("A file is not here. Add it again.", code="file_unknown")
    return [found[one] for one in wanted]
