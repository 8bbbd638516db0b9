"""From events to what sockets are told: who hears of what, in which words.

Thin frames say "changed" and the page asks; fat ones (chat text, offers, states of a chat) carry
what speed needs. What a visitor gets holds no ids of people, no notes, no addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.calls.events import CallChanged
from helpdesk.channels.attachments import linked
from helpdesk.channels.events import (
    ConsultAsked,
    ConsultEnded,
    ConversationEnded,
    ConversationOpened,
    ConversationReattached,
    ConversationReturned,
    ConversationTaken,
    MessagePosted,
    MessagesRead,
)
from helpdesk.channels.models import Conversation, Message
from helpdesk.clocks.events import ClockBreached, ClockWarned, PromiseEnded, PromiseMade
from helpdesk.core.work import Emitted, Work
from helpdesk.field_service.events import VisitEvent
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.notices import queries as notices
from helpdesk.notices.events import NoticeGiven, NoticesRead
from helpdesk.notices.models import Notice
from helpdesk.realtime import board_rows
from helpdesk.routing.events import (
    AssignmentFinished,
    FloorChanged,
    OfferAccepted,
    OfferEnded,
    OfferMade,
    PresenceChanged,
    WorkLeft,
    WorkMoved,
    WorkQueued,
    WrapUpStarted,
)
from helpdesk.routing.queries import offer_frame
from helpdesk.texts.events import TextFilesChanged, TextMoved, TextRulesChanged
from helpdesk.tickets.events import (
    CustomerWrote,
    TicketAssigned,
    TicketChanged,
    TicketLinked,
    TicketPartsChanged,
    TicketReplied,
)
from helpdesk.tickets.queries import numbers_of
from helpdesk.workflows import calling, calling_states, chat, offers_named

AGENT = "/agent"
VISITOR = "/visitor"
FLOOR = "floor"
BOARD = "board"  # whoever has the dispatch board open


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing to emit to the rooms of a namespace."""

    namespace: str
    rooms: tuple[str, ...]
    name: str
    data: dict[str, Any]


def agent_room(user_id: str) -> str:
    return f"agent:{user_id}"


def conversation_room(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


def customer_room(customer_id: str) -> str:
    return f"customer:{customer_id}"


def ticket_room(ticket_id: str) -> str:
    return f"ticket:{ticket_id}"


def call_room(conversation_id: str) -> str:
    """Of the caller alone."""
    return f"call:{conversation_id}"


def chat_room(conversation_id: str) -> str:
    return f"chat:{conversation_id}"


def changed(rooms: Iterable[str], subject: str, subject_id: str, emitted: Emitted) -> Frame:
    """`version` rises with time: the event's own instant in milliseconds."""
    version = int(emitted.at.timestamp() * 1000)
    data = {"subject": subject, "id": subject_id, "version": version}
    return Frame(AGENT, tuple(rooms), "changed", data)


def frames_of(work: Work, emitted: Emitted) -> list[Frame]:
    """All frames of one event; `work` is only read from."""
    event = emitted.event
    make = _makers.get(type(event))
    frames = make(work, emitted, event) if make else []
    if type(event) in _ON_FLOOR:
        frames.append(changed([FLOOR], "floor", "all", emitted))
    if event.customer_id and event.is_told:
        room = customer_room(event.customer_id)
        frames.append(changed([room], "customer", event.customer_id, emitted))
    if isinstance(event, VisitEvent) and event.ticket_id:  # its visits stand on its page
        frames.append(changed([ticket_room(event.ticket_id)], "ticket", event.ticket_id, emitted))
    return frames


def has_frames(emitted: Emitted) -> bool:
    """Whether anybody is told of this event at all."""
    kind = type(emitted.event)
    timeline = emitted.event.is_told and emitted.event.customer_id is not None
    return kind in _makers or kind in _ON_FLOOR or timeline


def _message(work: Work, emitted: Emitted, event: MessagePosted) -> list[Frame]:
    body = emitted.extra or _stored_body(work, event)
    if body is None:
        return []
    author, at = event.author, emitted.at.isoformat()
    names = _names(work, author, body.get("agent_name"))
    rooms = [conversation_room(event.conversation_id)]
    if event.agent_id:
        rooms.append(agent_room(event.agent_id))
    for_desk = {
        "conversation_id": event.conversation_id,
        "seq": event.seq,
        "client_msg_id": body["client_msg_id"],
        "from": author.split(":", 1)[0],
        "agent_id": author[6:] if author.startswith("agent:") else None,
        "public": event.public,
        "text": body["text"],
        "attachments": body["attachments"],
        "at": at,
    }
    frames = [Frame(AGENT, tuple(rooms), "message", for_desk)]
    if event.public:
        files = body["attachments"]
        if files:
            files = linked(files, f"visitor:{_visitor_of(work, event.conversation_id)}")
        for_visitor = chat.visitor_frame(
            seq=body["public_seq"],
            author=author,
            text=body["text"],
            at=at,
            client_msg_id=body["client_msg_id"],
            attachments=files,
            names=names,
        )
        frames.append(Frame(VISITOR, (chat_room(event.conversation_id),), "message", for_visitor))
    return frames


def _names(work: Work, author: str, known: str | None) -> dict[str, str]:
    if not author.startswith("agent:"):
        return {}
    return {author[6:]: known} if known else chat.public_names(work, {author[6:]})


def _stored_body(work: Work, event: MessagePosted) -> dict[str, Any] | None:
    row = work.session.execute(
        select(Message.text, Message.public_seq, Message.client_msg_id, Message.attachments).where(
            Message.conversation_id == event.conversation_id, Message.seq == event.seq
        )
    ).first()
    return dict(row._mapping) if row else None


def _visitor_of(work: Work, conversation_id: str) -> str | None:
    return work.session.scalar(
        select(Conversation.visitor_id).where(Conversation.id == conversation_id)
    )


def chat_state(work: Work, conversation_id: str) -> list[Frame]:
    """The chat's state for its visitor, as it is now."""
    conversation = work.session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None or conversation.visitor_id is None or conversation.channel != "chat":
        return []
    state = chat.state_for_visitor(work, conversation)
    return [Frame(VISITOR, (chat_room(conversation_id),), "chat.state", state)]


def _state_and_desk(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    rooms = [conversation_room(event.conversation_id)]
    if event.agent_id:
        rooms.append(agent_room(event.agent_id))
    return [
        *_told_state(work, emitted, event.conversation_id),
        changed(rooms, "conversation", event.conversation_id, emitted),
    ]


def _told_state(work: Work, emitted: Emitted, conversation_id: str) -> list[Frame]:
    """As the writer knew it; else (its process died) as it is now."""
    stands = (emitted.extra or {}).get("stands")
    if stands is None:
        return chat_state(work, conversation_id)
    if stands["visitor_id"] is None:
        return []
    state = chat.state_from(conversation_id, stands)
    return [Frame(VISITOR, (chat_room(conversation_id),), "chat.state", state)]


def _opened(work: Work, emitted: Emitted, event: ConversationOpened) -> list[Frame]:
    return _told_state(work, emitted, event.conversation_id)


def _reattached(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    rooms = [conversation_room(event.conversation_id)]
    if event.agent_id:
        rooms.append(agent_room(event.agent_id))
    return [changed(rooms, "conversation", event.conversation_id, emitted)]


def _read(work: Work, emitted: Emitted, event: MessagesRead) -> list[Frame]:
    if event.reader == "agent":
        visitors = (chat_room(event.conversation_id),)
        return [Frame(VISITOR, visitors, "read", {"seq": event.public_seq})]
    rooms: tuple[str, ...] = (conversation_room(event.conversation_id),)
    if event.agent_id:
        rooms = (*rooms, agent_room(event.agent_id))
    data = {"conversation_id": event.conversation_id, "seq": event.seq}
    return [Frame(AGENT, rooms, "read", data)]


def _offer(work: Work, emitted: Emitted, event: OfferMade) -> list[Frame]:
    data = (emitted.extra or {}).get("frame") or offer_frame(work, event.offer_id)
    if data is None:  # answered meanwhile
        return []
    named = offers_named.named(work, [data])
    return [Frame(AGENT, (agent_room(event.agent_id),), "offer", named[0])]


def _offer_over(work: Work, emitted: Emitted, event: OfferEnded) -> list[Frame]:
    data = {"offer_id": event.offer_id, "reason": event.reason or event.outcome}
    return [Frame(AGENT, (agent_room(event.agent_id),), "offer.withdrawn", data)]


def _offer_taken(work: Work, emitted: Emitted, event: OfferAccepted) -> list[Frame]:
    # The agent's other browsers stop ringing; the desk's list of work is out of date.
    return [
        changed([agent_room(event.agent_id)], "work", event.agent_id, emitted),
    ]


def _work_of_agent(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    return [changed([agent_room(event.agent_id)], "work", event.agent_id, emitted)]


def _presence(work: Work, emitted: Emitted, event: PresenceChanged) -> list[Frame]:
    return [changed([agent_room(event.agent_id)], "presence", event.agent_id, emitted)]


def _consult(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    rooms = [agent_room(event.user_id), agent_room(event.asked_by)]
    return [changed(rooms, "work", event.user_id, emitted)]


def _ticket(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    """Who has it open, and whose it is: their list of work may look different now."""
    rooms = [ticket_room(event.ticket_id)]
    owner = getattr(event, "assignee_id", None)
    if owner:
        rooms.append(agent_room(owner))
    return [changed(rooms, "ticket", event.ticket_id, emitted)]


def _ticket_assigned(work: Work, emitted: Emitted, event: TicketAssigned) -> list[Frame]:
    rooms = [agent_room(who) for who in (event.agent_id, event.before) if who]
    return [changed(rooms, "ticket", event.ticket_id, emitted)] if rooms else []


def _ticket_linked(work: Work, emitted: Emitted, event: TicketLinked) -> list[Frame]:
    return [
        changed([ticket_room(one)], "ticket", one, emitted)
        for one in (event.ticket_id, event.to_id)
    ]


def _promise(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    """Who has the ticket open, and who promised: it stands in their list of work."""
    rooms = [ticket_room(event.ticket_id)]
    if event.owner_id:
        rooms.append(agent_room(event.owner_id))
    return [changed(rooms, "ticket", event.ticket_id, emitted)]


def _notice(work: Work, emitted: Emitted, event: NoticeGiven) -> list[Frame]:
    user = work.session.get(User, event.user_id)
    if user is None:
        return []
    person = sessions.actor_of(work, user)
    wanted = select(Notice).where(Notice.id == event.notice_id, notices.of(person))
    row = work.session.scalar(wanted)
    if row is None:
        return []
    numbers = numbers_of(work, [row.ticket_id]) if row.ticket_id else {}
    data = {
        "id": row.id,
        "kind": row.kind,
        "title": row.title,
        "text": row.text,
        "ticket_id": row.ticket_id,
        "number": numbers.get(row.ticket_id or ""),
        "unread": notices.unread(work, person),
    }
    return [Frame(AGENT, (agent_room(row.user_id),), "notice", data)]


def _notices_read(work: Work, emitted: Emitted, event: NoticesRead) -> list[Frame]:
    return [changed([agent_room(event.user_id)], "notices", event.user_id, emitted)]


def _text_moved(work: Work, emitted: Emitted, event: TextMoved) -> list[Frame]:
    data = {
        "conversation_id": event.conversation_id,
        "seq": event.seq,
        "delivery": {"state": event.state, "error": event.error},
    }
    return [Frame(AGENT, _who_reads(work, event.conversation_id), "text", data)]


def _text_files(work: Work, emitted: Emitted, event: TextFilesChanged) -> list[Frame]:
    files = work.session.scalar(
        select(Message.attachments).where(
            Message.conversation_id == event.conversation_id, Message.seq == event.seq
        )
    )
    data = {"conversation_id": event.conversation_id, "seq": event.seq, "attachments": files or []}
    return [Frame(AGENT, _who_reads(work, event.conversation_id), "text", data)]


def _who_reads(work: Work, conversation_id: str) -> tuple[str, ...]:
    """Who has it open, and who has it in hand, whose page may just be on its way to it."""
    agent_id = work.session.scalar(
        select(Conversation.agent_id).where(Conversation.id == conversation_id)
    )
    room = conversation_room(conversation_id)
    return (room, agent_room(agent_id)) if agent_id else (room,)


def _call(work: Work, emitted: Emitted, event: CallChanged) -> list[Frame]:
    """How the call stands now, to its caller and to our people in it, each with their peers."""
    if event.why == "began" and event.leg_id:
        return []  # its caller has just come in over a carrier: no page knows of it yet
    told = calls.legs_since(work, event.conversation_id, emitted.at)
    rows = [leg for leg in told if leg.state != "left"]
    desk = {**calling_states.state_for_desk(work, event.conversation_id, rows), "why": event.why}
    people = {leg.user_id for leg in told} | {desk["agent_id"]}
    rooms = (
        conversation_room(event.conversation_id),
        *sorted(agent_room(who) for who in people if who),
    )
    ours = [Frame(AGENT, rooms, "call", desk), *_its_ticket(work, emitted, event.conversation_id)]
    if desk["carrier"] != calling.BROWSER:
        return ours  # who telephones has no page
    caller = {**calling_states.state_for_caller(work, event.conversation_id), "why": event.why}
    return [Frame(VISITOR, (call_room(event.conversation_id),), "call.state", caller), *ours]


def _its_ticket(work: Work, emitted: Emitted, conversation_id: str) -> list[Frame]:
    """A call on a ticket is part of its page, for whoever has that open."""
    conversation = work.session.get(Conversation, conversation_id)
    ticket_id = conversation.ticket_id if conversation else None
    return [changed([ticket_room(ticket_id)], "ticket", ticket_id, emitted)] if ticket_id else []


def _board(work: Work, emitted: Emitted, event: Any) -> list[Frame]:
    return [changed([BOARD], "board", one, emitted) for one in board_rows.of(work, event)]


_makers: dict[type, Callable[[Work, Emitted, Any], list[Frame]]] = {
    MessagePosted: _message,
    CallChanged: _call,
    ConversationOpened: _opened,
    ConversationTaken: _state_and_desk,
    ConversationReturned: _state_and_desk,
    ConversationEnded: _state_and_desk,
    ConversationReattached: _reattached,
    MessagesRead: _read,
    TextMoved: _text_moved,
    TextFilesChanged: _text_files,
    TextRulesChanged: _reattached,
    OfferMade: _offer,
    OfferEnded: _offer_over,
    OfferAccepted: _offer_taken,
    WrapUpStarted: _work_of_agent,
    AssignmentFinished: _work_of_agent,
    PresenceChanged: _presence,
    ConsultAsked: _consult,
    ConsultEnded: _consult,
    TicketChanged: _ticket,
    TicketAssigned: _ticket_assigned,
    TicketReplied: _ticket,
    CustomerWrote: _ticket,
    TicketPartsChanged: _ticket,
    TicketLinked: _ticket_linked,
    ClockWarned: _promise,
    ClockBreached: _promise,
    PromiseMade: _promise,
    PromiseEnded: _promise,
    NoticeGiven: _notice,
    NoticesRead: _notices_read,
    **dict.fromkeys(board_rows.EVENTS, _board),
}

_ON_FLOOR: frozenset[type] = frozenset(
    {
        WorkQueued,
        WorkMoved,
        WorkLeft,
        OfferMade,
        OfferEnded,
        OfferAccepted,
        WrapUpStarted,
        AssignmentFinished,
        PresenceChanged,
        FloorChanged,
    }
)
