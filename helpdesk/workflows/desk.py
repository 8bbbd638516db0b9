"""The agent's side: be present, take offers, write, end, wrap up, transfer, consult.

Each function is one transaction's worth of story; the socket door, the desk's buttons and the API
call the same ones. Not for the visitor's side (see `workflows.chat`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdesk.calls import service as calls
from helpdesk.channels import attachments, consults, hands, queries, service
from helpdesk.channels.models import UNREAD, Conversation
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.routing import accepting, assignments, offers, presence
from helpdesk.routing import service as routing
from helpdesk.routing.holding import HeldItem, hold
from helpdesk.routing.models import AgentState, Assignment, WorkItem
from helpdesk.texts import threads as texts
from helpdesk.workflows import (
    calling,
    calling_back,
    calling_back_dialled,
    calling_off,
    calling_together,
    calling_told,
    cases,
    cases_line,
    chat,
    texts_out,
)

TRANSFER_HEAD_START_S = 60


def set_presence(work: Work, state: str, agent_id: str | None = None) -> AgentState:
    """Choose a presence, one's own or (supervisors; the door asks that) another's.

    Whoever becomes available is looked for work at once; what is offered to somebody who steps away
    goes to others at once, so that no customer waits for a deadline that nobody can meet.
    """
    user_id = agent_id or work.actor.id
    offers.hold_items_offered_to(work, user_id)
    agent = presence.choose(work, user_id, state)
    if not presence.chose_available(work, agent):
        withdraw_offers(work, user_id, "stepped_away")
    routing.look_for_work(work, user_id)
    return agent


def connect(work: Work, sid: str, process_id: str) -> AgentState:
    """A desk opened in a browser; an available agent is looked for work at once."""
    agent = presence.connected(work, work.actor.id, sid, process_id)
    routing.look_for_work(work, agent.user_id)
    return agent


def disconnect(work: Work, sid: str) -> str | None:
    """A desk went away. If it was the agent's last one, open offers go to others at once."""
    if (whose := presence.whose(work, sid)) is not None:
        offers.hold_items_offered_to(work, whose)
    agent_id = presence.disconnected(work, sid)
    if agent_id is not None:
        withdraw_offers(work, agent_id, "browser_gone")
    return agent_id


def withdraw_offers(work: Work, agent_id: str, reason: str) -> None:
    """Take back what is offered to somebody who cannot answer, and look for others."""
    for offer in offers.live_offers_to(work, agent_id):
        item = offers.end_offer(work, offer, "withdrawn", reason)
        if item is not None and item.state == "waiting":
            routing.look_for_agent(work, item)


def accept_offer(work: Work, offer_id: str) -> tuple[Assignment, HeldItem]:
    """Take the offer and with it the conversation or the ticket.

    Conflict (`offer_gone`) when it is too late.
    """
    assignment, item = accepting.accept(work, offer_id, work.actor.id)
    if item.subject_kind == "conversation":
        hands.take(work, item.subject_id, work.actor.id)
        if item.channel in UNREAD:
            calling.taken(work, item.subject_id, work.actor.id)
    elif item.subject_kind == "ticket":
        cases_line.taken(work, item.subject_id, work.actor.id)
    return assignment, item


def decline_offer(work: Work, offer_id: str, reason: str = "") -> None:
    """Say no: the item goes to the next, and this agent may be offered another one."""
    item = offers.decline(work, offer_id, work.actor.id, reason)
    routing.look_for_agent(work, item)
    routing.look_for_work(work, work.actor.id)


def send_message(
    work: Work,
    conversation_id: str,
    *,
    text: str,
    public: bool,
    client_msg_id: str | None,
    attachment_ids: Sequence[str] = (),
) -> service.Posted:
    """Write to the customer (who has the conversation) or an internal note (the whole desk)."""
    conversation = queries.get_visible(work, conversation_id)
    if not work.actor.on_desk:
        raise NotFound("This conversation does not exist.")
    author = f"agent:{work.actor.id}"
    files = (
        attachments.unsent(work, conversation_id, attachment_ids, uploaded_by=author)
        if attachment_ids
        else ()
    )
    if conversation.ticket_id is not None and conversation.channel in cases_line.THREADS:
        on_ticket = cases.reply(
            work,
            conversation.ticket_id,
            author=author,
            text=text,
            public=public,
            client_msg_id=client_msg_id,
            attachments=files,
            conversation_id=conversation_id,
        )
        return service.Posted(on_ticket.seq, on_ticket.at, on_ticket.repeated)
    if public and conversation.agent_id != work.actor.id:
        raise Forbidden(
            "This conversation is not yours. Take it over or write an internal note.",
            code="not_your_conversation",
        )
    if public and conversation.channel in UNREAD:
        raise Invalid("A caller reads nothing. Say it, or write a note.", code="one_way")
    if public and conversation.channel == "form":
        raise Invalid(
            "A web form cannot be answered here yet. Write a note instead.", code="one_way"
        )
    by_text = public and conversation.channel in texts.CHANNELS
    thread = texts_out.needed_thread(work, conversation, text) if by_text else None
    posted = service.post(
        work,
        conversation_id,
        author=author,
        text=text,
        public=public,
        client_msg_id=client_msg_id,
        attachments=files,
    )
    if thread is not None:
        texts_out.queue(work, thread, conversation, posted, text, files)
    chat.said_in_chat(work, posted, conversation_id, author, public=public)
    return posted


def end_by_agent(work: Work, conversation_id: str) -> None:
    """The agent (or a supervisor) ends the conversation; wrap-up begins."""
    conversation = queries.get_visible(work, conversation_id)
    _need_holder(work, conversation, or_supervisor=True)
    if conversation.channel == "callback":
        if conversation.agent_id is None:
            calling_off.by_desk(work, conversation.id)
            return
        if calling_back_dialled.hung_up(work, conversation):
            return
        calling_back.need_result(work, conversation.id)
    chat.end_conversation(work, conversation.id, ended_by="agent")
    if conversation.agent_id:
        routing.look_for_work(work, conversation.agent_id)


def finish_wrap_up(
    work: Work, conversation_id: str, *, outcome: str, note: str = "", next_step: str = ""
) -> None:
    """Close the wrap-up; the slot is free and the next piece of work may come."""
    item = hold(work, "conversation", conversation_id)
    if item is None:
        raise NotFound("There is no wrap-up of yours here.", code="no_wrap_up")
    assignments.finish_wrap_up(
        work, item, work.actor.id, outcome=outcome, note_text=note, next_step=next_step
    )
    routing.look_for_work(work, work.actor.id)


def transfer(
    work: Work,
    conversation_id: str,
    *,
    to_queue: str | None = None,
    to_agent: str | None = None,
    note: str = "",
) -> None:
    """Hand the conversation on, at its original age, with a note for whoever takes it.

    To an agent who is free: it is put before them, whatever queues they serve. To one who is not:
    it is kept for them for a minute, then the whole queue is asked. To a queue: whoever fits there.
    The one who transfers is asked again only after all others. Conflict (`not_reachable`) for a
    colleague of other queues who is not free.
    """
    if (to_queue is None) == (to_agent is None):
        raise Invalid("Choose a colleague or a queue.", code="no_target")
    conversation = queries.get_visible(work, conversation_id)
    item, assignment = _in_contact(work, conversation)
    conversation = service.get_conversation(work, conversation.id, for_update=True)
    _need_holder(work, conversation, or_supervisor=True)
    queue = routing.find_queue(work, to_queue) if to_queue else None
    if to_queue and queue is None:
        raise Invalid("This queue does not exist any more.", code="unknown_queue")
    if to_agent:
        if to_agent == conversation.agent_id:
            raise Invalid("This colleague already has the conversation.", code="has_it_already")
        if not presence.get_state(work, to_agent).is_active:
            raise Invalid("This colleague takes no conversations.", code="not_reachable")
    if note.strip():
        author = f"agent:{work.actor.id}"
        service.post(work, conversation.id, author=author, text=note, public=False)
    if conversation.channel in UNREAD:
        calling_told.handed_on(work, conversation, agent_id=to_agent, queue=queue)
    assignments.release(work, assignment, item, "transferred")
    routing.return_to_line(
        work,
        item,
        why="transferred",
        queue_id=queue.id if queue else None,
        preferred=[to_agent] if to_agent else [],
        preferred_for_s=TRANSFER_HEAD_START_S if to_agent else 0,
        not_to=[assignment.agent_id],
        was_answered=_was_answered(conversation),
    )
    _give_back(work, conversation.id, "transferred", item.queue_id)
    if to_agent is None or not _put_before(work, item, to_agent):
        routing.look_for_agent(work, item)
    routing.look_for_work(work, assignment.agent_id)


def ask_consult(work: Work, conversation_id: str, user_id: str, question: str = "") -> None:
    """Ask a colleague in; the conversation stays with its agent."""
    conversation = queries.get_visible(work, conversation_id)
    _need_holder(work, conversation, or_supervisor=True)
    presence.get_state(work, user_id)
    consults.ask(work, conversation, user_id, asked_by=work.actor.id, question=question)


def take_over(work: Work, conversation_id: str) -> None:
    """A supervisor, or a colleague asked in, takes the conversation from its agent.

    It is put before them whatever queues they serve; Conflict (`no_room`) when they are full.
    """
    conversation = queries.get_visible(work, conversation_id)
    asked = {p.user_id for p in queries.participants(work, conversation.id)}
    if not (work.actor.is_supervisor or work.actor.id in asked):
        raise Forbidden("Ask the agent to transfer this conversation to you.")
    item, assignment = _in_contact(work, conversation)
    if assignment.agent_id == work.actor.id:
        return
    presence.ensure_agent(work, work.actor.id)
    assignments.release(work, assignment, item, "taken_over")
    routing.return_to_line(
        work,
        item,
        why="taken_over",
        not_to=[assignment.agent_id],
        was_answered=_was_answered(conversation),
    )
    _give_back(work, conversation.id, "taken_over")
    if routing.offer_to(work, item, work.actor.id) is None:
        raise Conflict(
            "You have no room for another conversation. End one or wrap up first.", code="no_room"
        )
    routing.look_for_work(work, assignment.agent_id)


def _put_before(work: Work, item: WorkItem, agent_id: str) -> bool:
    """Offer the item to a colleague by name; False when it may wait for them among their queue."""
    state = presence.get_state(work, agent_id)
    if presence.is_on_duty(work, state) and routing.offer_to(work, item, agent_id) is not None:
        return True
    if routing.fits(work, item, agent_id):
        return False
    raise Conflict(
        "This colleague serves other queues and is not free now. Choose somebody else or a queue.",
        code="not_reachable",
    )


def requeue_lost(work: Work, assignment: Assignment, item: WorkItem) -> None:
    """The agent's browser has been gone too long: the customer waits again, before all others."""
    if item.subject_kind == "ticket":
        cases_line.requeue_lost(work, assignment, item)
        return
    lost = assignment.agent_id
    assignments.release(work, assignment, item, "agent_lost")
    was_there = item.subject_kind != "conversation" or _was_answered(
        service.get_conversation(work, item.subject_id)
    )
    routing.return_to_line(
        work, item, why="agent_lost", front=True, not_to=[lost], was_answered=was_there
    )
    if item.subject_kind == "conversation":
        conversation = service.get_conversation(work, item.subject_id)
        if conversation.channel in UNREAD and calling_together.kept_by_colleague(
            work, conversation, item, lost
        ):
            return
        lost_from = _give_back(work, item.subject_id, "agent_lost")
        if lost_from.channel not in texts.CHANNELS:  # who texts has seen nobody go
            service.post(
                work,
                item.subject_id,
                author="system",
                text="Your agent lost the connection. Someone else will be with you shortly.",
            )
    routing.look_for_agent(work, item)


def _was_answered(conversation: Conversation) -> bool:
    """Whoever accepts a call still has to come to the phone."""
    return conversation.channel not in UNREAD or conversation.answered_at is not None


def _give_back(
    work: Work, conversation_id: str, why: str, queue_id: str | None = None
) -> Conversation:
    """The conversation waits again; in a call nobody of ours is on the line any more."""
    conversation = hands.give_back(work, conversation_id, why=why, queue_id=queue_id)
    if conversation.channel == "call":
        calls.hand_back(work, conversation.id, conversation.customer_id, why=why)
    elif conversation.channel == "callback":
        calling_back_dialled.given_back(work, conversation, why=why)
    return conversation


def desk_work(work: Work, agent_id: str) -> dict[str, Any]:
    """What lies on an agent's desk: ids of offers, of work in hand, and of consults."""
    return {
        "offers": offers.live_offers_to(work, agent_id),
        "in_hand": assignments.open_of_agent(work, agent_id),
        "consults": queries.consults_of(work, agent_id),
    }


def _in_contact(work: Work, conversation: Conversation) -> tuple[WorkItem, Assignment]:
    item = routing.item_of(work, "conversation", conversation.id, for_update=True)
    assignment = assignments.open_for_item(work, item.id) if item else None
    if item is None or assignment is None or assignment.contact_ended_at is not None:
        raise Conflict("Nobody has this conversation in hand now.", code="not_in_hand")
    return item, assignment


def _need_holder(work: Work, conversation: Conversation, *, or_supervisor: bool) -> None:
    if conversation.agent_id == work.actor.id:
        return
    if or_supervisor and work.actor.is_supervisor:
        return
    raise Forbidden("This conversation is not yours.", code="not_your_conversation")
