"""A text comes in: whose it is, which conversation it belongs to, and who is asked to answer it.

The hook keeps what it heard and answers; this runs right after, and again from the relay where it
did not come to its end. Every step is made once, however often and in whatever order hooks come.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.carriers import hearing
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import hands, service
from helpdesk.channels.models import Conversation
from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Emitted, Work, begin
from helpdesk.customers import finding, points, records
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.routing import service as routing
from helpdesk.routing.models import Queue
from helpdesk.texts import files, opt_outs, outbox, rules, threads, words
from helpdesk.texts.events import TextRulesChanged
from helpdesk.texts.models import TextThread
from helpdesk.workflows import chat, claiming, first_run, texts_out

log = logging.getLogger("helpdesk.texts")

TEXTS, REPORTS = "/hooks/twilio/sms", "/hooks/twilio/sms/status"
OURS = (TEXTS, REPORTS)
DELIVERY = "HelpdeskText"  # our own row's id, from the address that was called
ACTOR = system("texts")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text as the carrier told it."""

    sid: str
    channel: str
    theirs: str
    ours: str
    body: str
    media: Sequence[tuple[str, str]]  # address, claimed type
    profile_name: str

    @property
    def wish(self) -> words.Wish | None:
        return None if self.media else words.wish(self.body)


def take_in(event_id: str) -> None:
    """What a hook has kept, in a transaction of its own; what fails stays for the relay."""
    try:
        with begin(ACTOR) as work:
            _work_in(work, event_id)
    except Exception:
        log.exception("hook %s could not be worked in; it is tried again", event_id)


def hear(work: Work, emitted: list[Emitted]) -> None:
    """A reaction: whatever of ours is still waiting."""
    for one in emitted:
        facts = one.event.facts()
        if facts.get("path") in OURS:
            _work_in(work, str(facts["carrier_event_id"]))


def _work_in(work: Work, event_id: str) -> None:
    event = hearing.find_waiting(work, event_id)
    if event is None:
        return
    if event.path == REPORTS:
        event.reason = _reported(work, event.facts)
    else:
        event.reason = _arrived(work, read(event.facts))
    event.state = "failed" if event.reason else "done"


def read(facts: Mapping[str, Any]) -> Incoming:
    """The facts of a hook as a text."""
    channel, theirs = threads.read_address(str(facts.get("From", "")))
    _, ours = threads.read_address(str(facts.get("To", "")))
    told = str(facts.get("NumMedia", "0"))
    count = min(int(told), files.MOST) if told.isascii() and told.isdecimal() else 0
    media = [
        (str(facts[f"MediaUrl{n}"]), str(facts.get(f"MediaContentType{n}", "")))
        for n in range(count)
        if facts.get(f"MediaUrl{n}")
    ]
    sid = facts.get("MessageSid") or facts.get("SmsSid") or facts.get("SmsMessageSid") or ""
    body = str(facts.get("Body", ""))[: service.LONGEST_MESSAGE]
    return Incoming(
        str(sid)[:64], channel, theirs, ours, body, media, str(facts.get("ProfileName", ""))
    )


def _arrived(work: Work, text: Incoming) -> str:
    """Answers why it could not be taken in, or nothing."""
    if not text.sid or not text.theirs:
        return "It names no text, or nobody who sent it."
    thread = threads.hold(work, text.channel, text.ours, text.theirs)
    if threads.was_taken_in(work, text.sid):
        return ""
    line = line_of(work, text.ours)
    wish = _wish(work, text)
    if wish is not None:
        conversation = _for_a_word(work, thread, text, line, wish)
    else:
        conversation = _to_answer(work, thread, text, line)
    threads.arrived(work, text.sid, conversation.id)
    was_open = rules.is_open(thread.last_in_at, work.at)
    thread.last_in_at = work.at
    if thread.channel == "whatsapp" and not was_open:
        _rules_changed(work, conversation)
    return ""


def _wish(work: Work, text: Incoming) -> words.Wish | None:
    """START and YES mean something to who has opted out; else YES is an answer to somebody."""
    if text.wish == "start" and opt_outs.standing(work, text.theirs) is None:
        return None
    return text.wish


def line_of(work: Work, ours: str) -> Queue:
    """The queue of our number. One that nobody set up (a pool's new number) loses no text."""
    number = work.session.scalar(select(PhoneNumber).where(PhoneNumber.number == ours))
    if number is None or not number.is_active:
        wanted = select(PhoneNumber).where(PhoneNumber.is_active, PhoneNumber.takes_texts)
        number = work.session.scalar(wanted.order_by(PhoneNumber.created_at).limit(1))
    return routing.prefer_queue(work, number.queue_id if number else None, None)


def _to_answer(work: Work, thread: TextThread, text: Incoming, line: Queue) -> Conversation:
    """Into the conversation that is open, the one that ended lately, or a new one."""
    conversation = _current(work, thread)
    is_waiting_anew = conversation is None or conversation.state == "ended"
    if conversation is None or _is_long_over(work, conversation):
        customer = customer_of(work, text, conversation)
        conversation = _open(work, thread, customer, text, line.id)
    elif conversation.state == "ended":
        hands.reopen(work, conversation.id, queue_id=line.id)
    _post(work, conversation, text)
    if is_waiting_anew:
        _into_line(work, conversation, line)
    _tell_closed(work, thread, conversation, line)
    return conversation


def _for_a_word(
    work: Work, thread: TextThread, text: Incoming, line: Queue, wish: words.Wish
) -> Conversation:
    """STOP, START and HELP are done at once; nobody of ours is called for them."""
    conversation = _current(work, thread)
    is_open = conversation is not None and conversation.state != "ended"
    if conversation is None or not is_open:
        customer = customer_of(work, text, conversation)
        conversation = _open(work, thread, customer, text, line.id)
    _post(work, conversation, text)
    _WISHES[wish](work, thread, conversation, text.body)
    if not is_open:
        hands.end(work, conversation.id, ended_by="system")
    return conversation


def _stop(work: Work, thread: TextThread, conversation: Conversation, body: str) -> None:
    customer_id = conversation.customer_id
    if opt_outs.stop(work, thread.theirs, customer_id=customer_id, words=body, told_by="customer"):
        _note(work, conversation, "The customer wants no more texts. None go to this number.")


def _start(work: Work, thread: TextThread, conversation: Conversation, body: str) -> None:
    customer_id = conversation.customer_id
    if opt_outs.undo(work, thread.theirs, customer_id=customer_id, words=body):
        _note(work, conversation, "The customer wants texts again.")


def _help(work: Work, thread: TextThread, conversation: Conversation, body: str) -> None:
    if opt_outs.standing(work, thread.theirs) is not None:
        return
    who = first_run.company(work) or "Our service desk"
    text = f"{who}: write here and one of us answers. Reply STOP to get no more texts."
    texts_out.answer_by_machine(work, thread, conversation, text)


_WISHES = {"stop": _stop, "start": _start, "help": _help}


def _note(work: Work, conversation: Conversation, text: str) -> None:
    service.post(work, conversation.id, author="system", text=text, public=False)
    _rules_changed(work, conversation)


def _rules_changed(work: Work, conversation: Conversation) -> None:
    work.emit(
        TextRulesChanged(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            agent_id=conversation.agent_id,
        )
    )


def _current(work: Work, thread: TextThread) -> Conversation | None:
    """The pair's conversation with its work item held: item, then conversation, everywhere."""
    if thread.conversation_id is None:
        return None
    routing.item_of(work, "conversation", thread.conversation_id, for_update=True)
    return service.get_conversation(work, thread.conversation_id, for_update=True)


def _is_long_over(work: Work, conversation: Conversation) -> bool:
    ended = conversation.ended_at
    return (
        conversation.state == "ended"
        and ended is not None
        and ended <= work.at - rules.REOPENED_WITHIN
    )


def _open(
    work: Work, thread: TextThread, customer: Customer, text: Incoming, queue_id: str
) -> Conversation:
    conversation = service.open_conversation(
        work,
        channel=thread.channel,
        customer_id=customer.id,
        queue_id=queue_id,
        reason=text.body or "A picture or file",
    )
    thread.conversation_id = conversation.id
    return conversation


def _post(work: Work, conversation: Conversation, text: Incoming) -> None:
    shown = files.awaited(text.media)
    body = text.body if text.body.strip() or shown else "(an empty text)"
    posted = service.post(
        work, conversation.id, author="visitor", text=body, client_msg_id=text.sid, awaited=shown
    )
    files.want(work, conversation.id, posted.seq, text.media, shown)
    customers.touch(work, conversation.customer_id)
    chat.said_in_chat(work, posted, conversation.id, "visitor", public=True)


def _into_line(work: Work, conversation: Conversation, line: Queue) -> None:
    """In line, and before somebody who fits; the one who wraps it up still has it done by that."""
    customer = work.session.get_one(Customer, conversation.customer_id)
    before = routing.item_of(work, "conversation", conversation.id)
    wrapping_up = texts_out.cut_wrap_up_short(work, before) if before is not None else None
    item = routing.enqueue(
        work,
        channel="sms",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=line.id,
        reason=conversation.reason,
        preferred=chat.preferred_agents(work, customer),
        value_head_start_s=customer.value_head_start_s,
    )
    routing.look_for_agent(work, item)
    if wrapping_up is not None:
        routing.look_for_work(work, wrapping_up)


def _tell_closed(work: Work, thread: TextThread, conversation: Conversation, line: Queue) -> None:
    """Once in a conversation, and only to somebody who may be written to."""
    if thread.told_closed_in == conversation.id or conversation.state == "active":
        return
    closed = chat.closed_text(work, line)
    if closed is None or opt_outs.standing(work, thread.theirs) is not None:
        return
    thread.told_closed_in = conversation.id
    texts_out.answer_by_machine(work, thread, conversation, closed)


def customer_of(work: Work, text: Incoming, before: Conversation | None) -> Customer:
    """The record of an earlier conversation of this pair, else the one of the number.

    The carrier vouches for the number, and what we answer goes there and nowhere else.
    """
    known = records.find(work, before.customer_id) if before is not None else None
    if known is not None:
        return known
    name = chat.clean_name(text.profile_name)
    try:
        address = points.read(work, "phone", text.theirs)
    except Invalid:  # a short code, or a name in its place
        return finding.find_or_create(work, name=name or text.theirs).customer
    claiming.adopt(work, address)
    found = finding.find_or_create(work, name=name, phone=address.value, proved={"phone"})
    return found.customer


def _reported(work: Work, facts: Mapping[str, Any]) -> str:
    """What became of a text of ours."""
    sid = str(facts.get("MessageSid") or facts.get("SmsSid") or "")[:64]
    status = str(facts.get("MessageStatus") or facts.get("SmsStatus") or "").lower()
    told = str(facts.get("ErrorCode", ""))
    code = int(told) if told.isascii() and told.isdecimal() and len(told) < 7 else None
    row = outbox.reported(work, str(facts.get(DELIVERY, "")), sid, status, code)
    if row is None:
        return "It is about no text of ours."
    if code == rules.OPTED_OUT:
        opted_out_at_carrier(work, row.conversation_id, row.theirs)
    return ""


def opted_out_at_carrier(work: Work, conversation_id: str, theirs: str) -> None:
    """The carrier knows of an opt-out that we did not hear of."""
    conversation = service.get_conversation(work, conversation_id)
    if opt_outs.stop(
        work, theirs, customer_id=conversation.customer_id, words="", told_by="carrier"
    ):
        _note(work, conversation, "The carrier says that the customer wants no more texts.")
