"""Callbacks: a caller lays the phone down and keeps their place; we ring when it is their turn.

The work item of the call that waited is taken over as it stands, so nobody loses a second of their
wait, and whoever accepts it rings the number: by their own telephone where no carrier is set up.
Nobody answers: tried again later, at the front. Not for how a carrier places the call.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.calls import callbacks, service
from helpdesk.calls import queries as calls
from helpdesk.calls.costly import is_costly
from helpdesk.calls.models import Callback
from helpdesk.calls.windows import Window
from helpdesk.channels import hands, visitors
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation, Visitor, WidgetSite
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import finding, points
from helpdesk.customers.called import called_now
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import Customer
from helpdesk.routing import assignments, waits
from helpdesk.routing import service as routing
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.routing.taking_out import take_out
from helpdesk.workflows import cases, chat

OWN = "own"  # the agent's own telephone
RETRY_AFTER = (timedelta(minutes=10), timedelta(hours=1))
WHY_NOT = {
    "no_answer": "Nobody answered",
    "busy": "The line was busy",
    "failed": "The call could not be placed",
    "wrong": "Wrong number",
}
FURTHEST = timedelta(days=14)


def number_of(work: Work, text: str) -> str:
    """The number in E.164; Invalid with a sentence for its field."""
    try:
        number = points.read(work, "phone", text).value
    except Invalid as error:
        told = "Enter a telephone number like +49 30 1234567"
        raise Invalid(fields={"number": told}, code="bad_number") from error
    if is_costly(number):
        told = "Calls to this number cost extra. Enter another one."
        raise Invalid(fields={"number": told}, code="costly_number")
    return number


def instead_of_waiting(work: Work, call_id: str, number: str) -> Conversation:
    """The caller in line lays the phone down: their work item goes on as a callback.

    Conflict (`not_waiting`) once somebody has the call or it is over, (`not_offered`) where the
    queue calls nobody back.
    """
    rung = number_of(work, number)
    item = routing.item_of(work, "conversation", call_id, for_update=True)
    if item is None or item.state != "waiting":
        raise Conflict("You are being connected. Please stay on the line.", code="not_waiting")
    if not routing.get_queue(work, item.queue_id).callback_instead:
        raise Conflict("We call nobody back here. Please stay on the line.", code="not_offered")
    call = conversations.get_conversation(work, call_id, for_update=True)
    row = callbacks.claim(work, rung, keeps_since=item.waiting_since, instead_of=call.id)
    if row is None:
        made = _on_its_way(work, rung)
        take_out(work, item, "callback", counts=False)
    else:
        made = _open(work, row, call.customer_id, item.queue_id, call.reason, call)
        item.subject_id, item.reason, item.channel = made.id, made.reason, "callback"
        item.version += 1
    work.session.flush()
    hands.end(work, call.id, ended_by="visitor")
    service.end(work, call.id, call.customer_id, why="callback")
    return made


def ask(
    work: Work,
    customer: Customer,
    queue: Queue,
    *,
    number: str,
    about: str = "",
    at: datetime | None = None,
    site_id: str | None = None,
    window: Window | None = None,
) -> Conversation:
    """Ring this number when it is its turn, at a chosen time, or when the queue opens again.

    A number that is to be rung already is rung once: that callback is answered, as it stands.
    """
    rung = number_of(work, number)
    if at is not None and not work.at <= at <= work.at + FURTHEST:
        raise Invalid(fields={"at": "Choose a time within the next 14 days"}, code="bad_time")
    opens = chat.opens_at(work, queue)
    if opens == "" and at is None:
        raise Conflict("This line does not open again. Write to us instead.", code="closed")
    first = at or (datetime.fromisoformat(opens) if opens else work.at)
    first = window.next_begin(first) if window else first
    planned = first if first > work.at else None
    row = callbacks.claim(work, rung, keeps_since=first, planned_for=planned, window=window)
    if row is None:
        return _on_its_way(work, rung)
    made = _open(work, row, customer.id, queue.id, about, None, site_id)
    if planned is None:
        into_line(work, made, row, front=False)
    return made


def require_free(work: Work, number: str) -> None:
    """Conflict (`on_its_way`) where this number is to be rung already."""
    if callbacks.on_its_way(work, number) is not None:
        raise Conflict("This number is to be rung already.", code="on_its_way")


def ask_from_page(
    work: Work,
    site: WidgetSite,
    visitor: Visitor | None,
    *,
    number: str,
    name: str | None = None,
    about: str = "",
    at: datetime | None = None,
) -> tuple[Conversation, Visitor | None, str | None]:
    """A visitor who is in no call asks to be rung; the token is one's first.

    A stranger who gives a number that is to be rung already remains one: nothing is made of them.
    """
    if not site.calls:
        raise Conflict("Calls are not made here. Write to us instead.", code="no_calls")
    line, token = routing.prefer_queue(work, None, site.queue_id), None
    customer, found = None, callbacks.on_its_way(work, number_of(work, number))
    if visitor is not None:
        customer = chat.record_of(work, visitor)
    elif found is None:
        customer = finding.find_or_create(work, name=chat.clean_name(name)).customer
        visitor, token = visitors.new_visitor(work, site.id, customer.id)
    if found is not None or customer is None:
        return _on_its_way(work, number_of(work, number)), visitor, None
    made = ask(work, customer, line, number=number, about=about, at=at, site_id=site.id)
    return made, visitor, token


def _on_its_way(work: Work, number: str) -> Conversation:
    """The callback that a number has already; Conflict (`raced`) when it is over just now."""
    row = callbacks.on_its_way(work, number)
    if row is None:
        raise Conflict("This callback changed meanwhile. Please ask again.", code="raced")
    return conversations.get_conversation(work, row.conversation_id)


def told(work: Work, conversation_id: str) -> dict[str, Any]:
    """What whoever asked is told: which number, and when about."""
    callback = get_callback(work, conversation_id)
    facts: dict[str, Any] = {"conversation_id": conversation_id, **_numbers(callback)}
    if callback.next_try_at is not None:
        return {**facts, "at": callback.next_try_at.isoformat()}
    item = routing.item_of(work, "conversation", conversation_id)
    return {**facts, **waits.shown(work, item)} if item is not None else facts


def shown(work: Work, conversation_id: str) -> dict[str, Any]:
    """What the agent who rings needs to see."""
    callback = get_callback(work, conversation_id)
    return {
        **_numbers(callback),
        "attempt": callback.attempts,
        "attempts": len(RETRY_AFTER) + 1,
        "reached": callback.state == "reached",
    }


def _numbers(callback: Callback) -> dict[str, str]:
    return {"number": callback.number, "number_shown": shown_phone(callback.number)}


def _open(
    work: Work,
    row: Callback,
    customer_id: str,
    queue_id: str,
    about: str,
    call: Conversation | None,
    site_id: str | None = None,
) -> Conversation:
    customer = work.session.get_one(Customer, customer_id)
    points.put(work, customer, points.read(work, "phone", row.number))
    number = shown_phone(row.number)
    # Who has no name goes by their number already.
    whom = "" if called_now(work, customer) == number else f" {number}"
    reason = " · ".join(filter(None, (f"Call back{whom}", about.strip())))
    return conversations.open_conversation(
        work,
        channel="callback",
        customer_id=customer_id,
        queue_id=queue_id,
        reason=reason,
        site_id=call.site_id if call else site_id,
        page_url=call.page_url if call else None,
        ticket_id=call.ticket_id if call else None,
        conversation_id=row.conversation_id,
    )


def into_line(
    work: Work, conversation: Conversation, callback: Callback, *, front: bool
) -> WorkItem:
    customer = work.session.get_one(Customer, conversation.customer_id)
    item = routing.enqueue(
        work,
        channel="callback",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=conversation.queue_id or "",
        reason=conversation.reason,
        preferred=chat.preferred_agents(work, customer),
        value_head_start_s=customer.value_head_start_s,
        since=callback.keeps_since,
        front=front,
    )
    if routing.look_for_agent(work, item) is None:
        waits.tell_first(work, item)
    return item


def taken(work: Work, conversation_id: str) -> None:
    """The offer is accepted: the agent's page shows the number, and a try begins."""
    callback = get_callback(work, conversation_id)
    conversation = conversations.get_conversation(work, conversation_id)
    callback.attempts += 1
    if calls.find_call(work, conversation_id) is None:
        service.begin(work, conversation.id, conversation.customer_id, carrier=OWN, direction="out")


def reached(work: Work, conversation_id: str) -> None:
    """The agent has them on their own telephone: the seconds of talk are counted from now."""
    conversation, callback = _mine(work, conversation_id)
    if callback.state == "reached":
        return
    if callback.state != "waiting":
        raise Conflict("This callback is over.", code="callback_over")
    callback.state = "reached"
    service.connect_outside(work, conversation.id, conversation.customer_id, user_id=work.actor.id)
    conversations.answered(work, conversation.id, work.actor.id)
    conversations.post(
        work,
        conversation.id,
        author="system",
        text=f"Reached on {callback.number}",
        public=False,
    )


def given_back(work: Work, conversation_id: str, *, why: str) -> None:
    """Somebody else is to ring: what was begun counts as no try, and nobody is on the line."""
    callback = get_callback(work, conversation_id)
    if callback.state not in ("waiting", "reached"):
        return
    callback.attempts = 0 if callback.state == "reached" else max(0, callback.attempts - 1)
    callback.state = "waiting"
    if calls.find_call(work, conversation_id) is not None:
        customer_id = conversations.get_conversation(work, conversation_id).customer_id
        service.hand_back(work, conversation_id, customer_id, why=why, caller_stays=False)


def not_reached(work: Work, conversation_id: str, why: str) -> datetime | None:
    """Nobody there: tried again later; answers when, or None when it was the last try.

    Then it becomes a ticket, so that somebody writes instead.
    """
    if why not in WHY_NOT:
        raise Invalid("Say why: no answer, busy, or a wrong number.", code="bad_reason")
    conversation, callback = _mine(work, conversation_id)
    return put_off(work, conversation, callback, why)


def put_off(
    work: Work, conversation: Conversation, callback: Callback, why: str
) -> datetime | None:
    """The same, whoever found out that nobody was reached: an agent, or the carrier."""
    item = routing.item_of(work, "conversation", conversation.id, for_update=True)
    assignment = assignments.open_for_item(work, item.id) if item else None
    work.session.refresh(callback)  # it may have been called off while this waited
    if callback.state != "waiting" or item is None or assignment is None:
        raise Conflict("This callback is over.", code="callback_over")
    told = f"{WHY_NOT[why]}, try {callback.attempts}"
    conversations.post(work, conversation.id, author="system", text=told, public=False)
    assignments.release(work, assignment, item, "not_reached")
    item.state = "done"
    item.version += 1
    work.session.flush()
    if why == "wrong" or callback.attempts > len(RETRY_AFTER):
        _give_up(work, conversation, callback, WHY_NOT[why])
        routing.look_for_work(work, assignment.agent_id)
        return None
    callback.state = "planned"
    callback.next_try_at = work.at + RETRY_AFTER[callback.attempts - 1]
    hands.give_back(work, conversation.id, why="not_reached")
    routing.look_for_work(work, assignment.agent_id)
    return callback.next_try_at


def _give_up(work: Work, conversation: Conversation, callback: Callback, why: str) -> None:
    callback.state, callback.next_try_at = "failed", None
    callbacks.close(work, conversation.id)
    hands.end(work, conversation.id, ended_by="system")
    service.end(work, conversation.id, conversation.customer_id, why="not_reached")
    told = f"{why} on {callback.number} after {callback.attempts} tries. Please write instead."
    if conversation.ticket_id is not None:
        cases.automatic(work, conversation.ticket_id, text=told, public=False)
        return
    opened = cases.open_case(
        work,
        customer_id=conversation.customer_id,
        subject=f"Not reached by telephone: {conversation.reason}"[:200],
        body=told,
        channel="call",
        queue=conversation.queue_id,
        author="system",
        internal=True,
    )
    conversation.ticket_id = opened.ticket.id


def need_result(work: Work, conversation_id: str) -> None:
    """A callback ends with what came of it, or it would be neither done nor tried again."""
    if get_callback(work, conversation_id).state == "waiting":
        raise Conflict("Say first whether you reached them.", code="no_result")


def get_callback(work: Work, conversation_id: str) -> Callback:
    callback = work.session.get(Callback, conversation_id)
    if callback is None:
        raise NotFound("This callback does not exist.", code="no_callback")
    return callback


def _mine(work: Work, conversation_id: str) -> tuple[Conversation, Callback]:
    """The actor's own callback, held behind its work item like all that changes one."""
    seen = channels.get_visible(work, conversation_id)
    routing.item_of(work, "conversation", seen.id, for_update=True)
    conversation = conversations.get_conversation(work, seen.id, for_update=True)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This callback is not yours.", code="not_your_conversation")
    callback = callbacks.hold(work, conversation.id)
    return conversation, callback or get_callback(work, conversation.id)
