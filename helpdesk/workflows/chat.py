"""The visitor's side of a chat: start it, write, come back, end it.

One transaction finds the customer, opens the conversation, enters the queue and, where somebody
fits, makes the offer. Not for the agent's side (see `workflows.desk`) nor for sockets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.calendars import hours
from helpdesk.calendars import queries as calendars
from helpdesk.calls import callbacks
from helpdesk.calls import service as calls
from helpdesk.channels import attachments, hands, queries, service, sites, visitors
from helpdesk.channels.models import UNREAD, Conversation, Message, Visitor, WidgetSite
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers import finding, records
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.routing import assignments, waits
from helpdesk.routing import service as routing
from helpdesk.routing.holding import hold
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.tickets.events import SaidInChat
from helpdesk.workflows import hanging_up, portal_identity

LAST_AGENT_REMEMBERED = timedelta(days=30)
START_REPEATED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Started:
    """A chat as its visitor knows it. `token` is None when the visitor's own still holds."""

    conversation_id: str
    visitor_id: str
    token: str | None
    work_item_id: str | None  # None when an open conversation went on
    offered: bool = False  # somebody was found in the same transaction


def start(
    work: Work,
    site: WidgetSite,
    visitor: Visitor | None,
    *,
    text: str,
    name: str | None = None,
    email: str | None = None,
    queue: str | None = None,
    answers: dict[str, Any] | None = None,
    page_url: str | None = None,
    client_msg_id: str | None = None,
) -> Started:
    """Open a chat with its first message, or add the message to the visitor's open one.

    A repeated start (same `client_msg_id`, same site, the answer was lost on the way) answers the
    conversation it made, with a fresh token.
    """
    key = _start_key(site, client_msg_id)
    if visitor is None and key and (again := _started_before(work, key)):
        return again
    if visitor is not None and (running := queries.open_for_visitor(work, visitor.id)):
        _say(work, running.id, text, client_msg_id)
        return Started(running.id, visitor.id, None, None)
    token, is_new = None, False
    if visitor is None:
        found = finding.find_or_create(
            work, name=clean_name(name), email=email or _answer(answers, "email"),
            phone=_answer(answers, "phone"),
        )  # fmt: skip
        customer, is_new = found.customer, found.is_new
        visitor, token = visitors.new_visitor(work, site.id, customer.id)
    else:
        customer = record_of(work, visitor)
    line = routing.prefer_queue(work, queue or _answer(answers, "queue"), site.queue_id)
    conversation = service.open_conversation(
        work,
        channel="chat",
        customer_id=customer.id,
        queue_id=line.id,
        reason=text,
        site_id=site.id,
        visitor_id=visitor.id,
        answers=answers or {},
        page_url=page_url,
        start_key=key,
        first_words=text,
        client_msg_id=client_msg_id,
    )
    if not is_new:
        customers.touch(work, customer.id)
    if closed := closed_text(work, line):
        service.post(work, conversation.id, author="system", text=closed)
    item = routing.enqueue(
        work,
        channel="chat",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=line.id,
        reason=conversation.reason,
        preferred=[] if is_new else preferred_agents(work, customer),
        value_head_start_s=customer.value_head_start_s,
    )
    offered = routing.look_for_agent(work, item) is not None
    if not offered:
        waits.tell_first(work, item)
    return Started(conversation.id, visitor.id, token, item.id, offered)


def look_again(work: Work, work_item_id: str) -> None:
    """After the commit: an agent may have got free in a transaction that could not see ours."""
    item = work.session.get(WorkItem, work_item_id)
    if item is not None and item.state == "waiting":
        routing.look_for_agent(work, item)


def say(
    work: Work,
    conversation_id: str,
    *,
    text: str,
    client_msg_id: str | None,
    attachment_ids: Sequence[str] = (),
) -> service.Posted:
    """The visitor writes in their own chat. Conflict (`conversation_ended`) when it is over."""
    files = (
        attachments.unsent(work, conversation_id, attachment_ids, uploaded_by="visitor")
        if attachment_ids
        else ()
    )
    posted = service.post(
        work,
        conversation_id,
        author="visitor",
        text=text,
        client_msg_id=client_msg_id,
        attachments=files,
    )
    said_in_chat(work, posted, conversation_id, "visitor", public=True)
    return posted


def said_in_chat(
    work: Work, posted: service.Posted, conversation_id: str, author: str, *, public: bool
) -> None:
    """Where the chat belongs to a ticket, the ticket hears of it after the commit.

    Not in this transaction: a message of a chat must wait for nobody who holds the ticket.
    """
    if posted.ticket_id is not None and not posted.repeated:
        work.emit(
            SaidInChat(
                ticket_id=posted.ticket_id,
                conversation_id=conversation_id,
                seq=posted.seq,
                author=author,
                public=public,
            )
        )


def messages_for_visitor(
    work: Work, conversation: Conversation, since: int
) -> Sequence[dict[str, Any]]:
    """What the visitor may see after `since`: public messages, agents by their public name."""
    rows = queries.messages_since(work, conversation.id, since, public_only=True)
    names = public_names(work, {row.author[6:] for row in rows if row.author.startswith("agent:")})
    frames = [message_for_visitor(row, names) for row in rows]
    for frame in frames:
        if files := frame.get("attachments"):
            frame["attachments"] = attachments.linked(files, f"visitor:{conversation.visitor_id}")
    return frames


def message_for_visitor(message: Message, names: dict[str, str]) -> dict[str, Any]:
    """One message as a visitor's client gets it; no ids of people, no notes."""
    return visitor_frame(
        seq=message.public_seq,
        author=message.author,
        text=message.text,
        at=message.at.isoformat(),
        client_msg_id=message.client_msg_id,
        attachments=message.attachments,
        names=names,
    )


def visitor_frame(
    *,
    seq: int,
    author: str,
    text: str,
    at: str,
    client_msg_id: str | None,
    attachments: list[Any],
    names: dict[str, str],
) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "seq": seq,
        "from": author.split(":", 1)[0],
        "text": text,
        "at": at,
    }
    if author == "visitor" and client_msg_id:
        frame["client_msg_id"] = client_msg_id
    if attachments:
        frame["attachments"] = attachments
    if author.startswith("agent:"):
        frame["agent"] = {"name": names.get(author[6:], "Support")}
    return frame


def public_names(work: Work, user_ids: set[str]) -> dict[str, str]:
    """What customers see of our people."""
    if not user_ids:
        return {}
    rows = work.session.execute(select(User.id, User.public_name).where(User.id.in_(user_ids)))
    return {row.id: row.public_name for row in rows}


def state_for_visitor(work: Work, conversation: Conversation) -> dict[str, Any]:
    """`chat.state`: where the chat stands, with an honest estimate while it waits."""
    state: dict[str, Any] = {
        "state": conversation.state,
        "conversation_id": conversation.id,
        "last_seq": conversation.public_seq,
        "read_seq": conversation.agent_read_public,
    }
    if conversation.state == "waiting":
        item = routing.item_of(work, "conversation", conversation.id)
        if item is not None:
            state.update(waits.shown(work, item))
    elif conversation.agent_id:
        names = public_names(work, {conversation.agent_id})
        state["agent"] = {"name": names.get(conversation.agent_id, "Support")}
    return state


def state_from(conversation_id: str, stands: dict[str, Any]) -> dict[str, Any]:
    """The same without a place in line, from what the transaction that changed it knew."""
    state: dict[str, Any] = {
        "state": stands["state"],
        "conversation_id": conversation_id,
        "last_seq": stands["last_seq"],
        "read_seq": stands["read_seq"],
    }
    if stands["agent_name"]:
        state["agent"] = {"name": stands["agent_name"]}
    return state


def end_conversation(work: Work, conversation_id: str, *, ended_by: str) -> None:
    """End the conversation and what routing holds of it; ending twice changes nothing.

    Waiting work leaves the queue, work in an agent's hands goes to wrap-up.

    The work item is held first, whatever it is doing: item, then conversation, is the order of
    locks everywhere, and a hand-over at this moment must not leave it in line without a customer.
    """
    item = hold(work, "conversation", conversation_id)
    if item is not None and item.state == "assigned":
        if ended_by != "visitor" or not hanging_up.before_anybody_answered(work, item):
            assignments.end_contact(work, item)
    elif item is not None:
        routing.leave(work, "conversation", conversation_id)
    channel = hands.end(work, conversation_id, ended_by=ended_by)
    if channel in UNREAD:
        _hang_up(work, conversation_id, ended_by, channel)


def _hang_up(work: Work, conversation_id: str, ended_by: str, channel: str) -> None:
    customer_id = service.get_conversation(work, conversation_id).customer_id
    was_spoken = calls.end(work, conversation_id, customer_id, why=ended_by)
    if channel == "callback":
        callbacks.close(work, conversation_id)
    if was_spoken or channel == "call":
        by_caller = ended_by == "visitor" and channel == "call"
        who = "The caller hung up" if by_caller else "The call ended"
        service.post(work, conversation_id, author="system", text=who, public=False)


def identify(
    work: Work,
    site: WidgetSite,
    visitor: Visitor,
    *,
    external_id: str,
    email: str | None,
    name: str | None,
    proof: str,
) -> bool:
    """The host site vouches for who this is: the chat moves to that customer's record.

    The portal vouches for whoever is signed in there, under the installation's own key.
    """
    signed_in = portal_identity.customer_of(work, site, external_id, proof)
    if signed_in is not None:
        visitor.identified_at = work.at
        if signed_in.id != visitor.customer_id:
            _move_record(work, visitor, signed_in.id)
        return True
    if not visitors.identify(
        work, visitor, site, external_id=external_id, email=email or "", proof=proof
    ):
        return False
    found = finding.find_or_create(
        work,
        name=clean_name(name),
        email=email,
        external_id=external_id,
        proved={"external", "email"} if email else {"external"},
    )
    if found.customer.id != visitor.customer_id:
        _move_record(work, visitor, found.customer.id)
    return True


def _move_record(work: Work, visitor: Visitor, customer_id: str) -> None:
    """Only the open chat moves: earlier ones of this browser may have been somebody else's."""
    visitors.belongs_to(work, visitor, customer_id)
    conversation = queries.open_for_visitor(work, visitor.id)
    if conversation is None:
        return
    item = routing.item_of(work, "conversation", conversation.id, for_update=True)
    if item is not None:
        item.customer_id = customer_id
    service.reattach(work, conversation.id, customer_id)


def site_status(work: Work, site: WidgetSite) -> dict[str, Any]:
    """What the widget shows before a chat: open or not, when it opens, how long it takes."""
    line = routing.prefer_queue(work, None, site.queue_id)
    opening = opens_at(work, line)
    status: dict[str, Any] = {"open": opening is None}
    if opening is not None:
        status["opens_at"] = opening
        status["closed_text"] = line.closed_text or site.offline_text
    else:
        status.update(waits.before_entering(work, line.id))
    return status


def opens_at(work: Work, line: Queue) -> str | None:
    """When a closed queue opens next (ISO), or an empty text when never; None while it is open."""
    if line.calendar_id is None:
        return None
    plan = calendars.hours_of(work, line.calendar_id)
    if hours.is_open(plan, work.at):
        return None
    opening = hours.next_open(plan, work.at)
    return opening.isoformat() if opening else ""


def closed_text(work: Work, line: Queue) -> str | None:
    """What to tell somebody who writes while the queue is closed; None while it is open."""
    if opens_at(work, line) is None:
        return None
    return line.closed_text or (
        "We are closed at the moment. Your message is saved, and we answer when we open again."
    )


def preferred_agents(work: Work, customer: Customer) -> list[str]:
    """Who knows this customer: the last agent (within 30 days), then the account's owner."""
    last = work.session.scalar(
        select(Conversation.agent_id)
        .where(
            Conversation.customer_id == customer.id,
            Conversation.agent_id.is_not(None),
            Conversation.opened_at > work.at - LAST_AGENT_REMEMBERED,
        )
        .order_by(Conversation.opened_at.desc())
        .limit(1)
    )
    return list(dict.fromkeys(a for a in (last, customer.owner_id) if a))


def clean_name(name: str | None) -> str:
    """A name as given, on one line and not too long; empty when there is none."""
    return " ".join((name or "").replace("\0", "").split())[:160]


def record_of(work: Work, visitor: Visitor) -> Customer:
    """The record the visitor's words belong to; a merge is followed."""
    customer = records.find(work, visitor.customer_id)
    if customer is None:
        raise NotFound("This chat has expired.", code="bad_token")
    return customer


def _say(work: Work, conversation_id: str, text: str, client_msg_id: str | None) -> None:
    service.post(work, conversation_id, author="visitor", text=text, client_msg_id=client_msg_id)


def _answer(answers: dict[str, Any] | None, key: str) -> str | None:
    value = (answers or {}).get(key)
    return value if isinstance(value, str) and value.strip() else None


def _start_key(site: WidgetSite, client_msg_id: str | None) -> str | None:
    # Only an id too long to be guessed may stand for the visitor's token.
    if not client_msg_id or len(client_msg_id) < 32:
        return None
    return hashlib.sha256(f"{site.id}:{client_msg_id}".encode("utf-8", "replace")).hexdigest()


def _started_before(work: Work, key: str) -> Started | None:
    conversation = work.session.scalar(
        select(Conversation).where(
            Conversation.start_key == key,
            Conversation.opened_at > work.at - START_REPEATED_WITHIN,
        )
    )
    if conversation is None or conversation.visitor_id is None:
        return None
    visitor = work.session.get(Visitor, conversation.visitor_id)
    if visitor is None:
        return None
    return Started(conversation.id, visitor.id, visitors.new_token(work, visitor), None)


def default_site(work: Work, key: str | None) -> WidgetSite:
    """The site of that public key, else the default one (programs that name none)."""
    site = sites.site_to_chat_on(work, key=key)
    if site is None:
        raise NotFound("This chat is not available.", code="unknown_site")
    return site


def site_by_id(work: Work, site_id: str) -> WidgetSite:
    """The active site a socket came in by."""
    site = sites.site_to_chat_on(work, site_id=site_id)
    if site is None:
        raise NotFound("This chat is not available.", code="unknown_site")
    return site


def visitor_or_new(
    work: Work, site: WidgetSite, visitor_id: str | None
) -> tuple[Visitor, str | None]:
    """The visitor of that id, else a new one on a record of its own, with its token."""
    visitor = work.session.get(Visitor, visitor_id) if visitor_id else None
    if visitor is not None:
        return visitor, None
    found = finding.find_or_create(work, name="")
    return visitors.new_visitor(work, site.id, found.customer.id)
