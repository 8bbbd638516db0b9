"""A caller leaves a message: it becomes a ticket at once, and its sound follows as a file.

Out of hours, where a flow asks for one, or out of the line by a key. The carrier tells of it twice,
when the caller stops and when the sound is ready; whichever comes first makes the ticket. The sound
is fetched like the files of texts, and only ever from the carrier's own address: what a hook names
as one is not looked at.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.calls.models import Call
from helpdesk.carriers import lines, port
from helpdesk.carriers.models import CarrierCall
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.ivr.actions import HangUp, Say, Voicemail
from helpdesk.routing import service as routing
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.routing.taking_out import take_out
from helpdesk.texts import files, place
from helpdesk.workflows import cases
from helpdesk.workflows.telephone_answers import Answer, LeaveLine
from helpdesk.workflows.telephone_ring_back import TOO_LATE

OFFER = "To leave a message instead of waiting, press 2."
AFTER_THE_TONE = "You may leave a message after the tone."
THANKS = "Thank you. We have your message. Goodbye."
KIND = "audio/wav"


def chosen(work: Work, sid: str) -> Answer:
    """Somebody in line would rather leave a message: they wait for nobody from now on."""
    row = lines.find(work, sid)
    if row is None or row.conversation_id is None:
        return Answer((HangUp(),))
    item = routing.item_of(work, "conversation", row.conversation_id, for_update=True)
    queue = work.session.get(Queue, item.queue_id) if item else None
    if item is None or item.state != "waiting" or queue is None or not queue.message_instead:
        return Answer((Say(TOO_LATE),))
    take_out(work, item, "message", counts=False)
    row.voicemail_queue_id = queue.id
    told = "Chose to leave a message"
    conversations.post(work, row.conversation_id, author="system", text=told, public=False)
    return Answer((LeaveLine(),))


def asked(row: CarrierCall, call: Call, item: WorkItem | None) -> Answer | None:
    """What somebody hears who is out of line for a message; None for everybody else."""
    if item is None or item.state != "done" or call.direction == "out":
        return None
    if row.voicemail_queue_id is None:
        return Answer((HangUp(),))
    return Answer((Say(AFTER_THE_TONE), Voicemail(row.voicemail_queue_id)))


def none_left(work: Work, row: CarrierCall) -> None:
    """The line has ended. Who chose to leave a message and left none has waited in vain.

    Should the carrier tell of one later, it is added to what was made of the missed call.
    """
    if row.voicemail_queue_id is None or row.is_closed or row.conversation_id is None:
        return
    item = routing.item_of(work, "conversation", row.conversation_id, for_update=True)
    if item is not None and item.channel == "call" and item.state == "done":
        routing.left_unanswered(work, item)


def leave(work: Work, sid: str, recording_sid: str, seconds: str) -> bool:
    """Make a ticket of what was recorded on that line; answers whether it is new."""
    row = lines.find(work, sid)
    if row is None or row.voicemail_queue_id is None or row.conversation_id is None:
        return False
    if not port.carrier().is_recording(recording_sid):
        return False
    call = conversations.get_conversation(work, row.conversation_id, for_update=True)
    work.session.refresh(row)
    if row.voicemail_queue_id is None:
        return False
    conversation_id, seq = _kept(work, call, row.voicemail_queue_id, _words(call, seconds))
    row.voicemail_queue_id = None  # one message a call
    sound = [(port.carrier().recording_address(place.settings(), recording_sid), KIND)]
    shown = [{**file, "seconds": _length(seconds)} for file in files.awaited(sound)]
    _awaits(work, conversation_id, seq, shown)
    files.want(work, conversation_id, seq, sound, shown)
    return True


def _kept(work: Work, call: Conversation, queue_id: str, words: str) -> tuple[str, int]:
    """On a ticket of its own, or on the one that the call has already."""
    if call.ticket_id is not None:
        posted = cases.customer_wrote(work, call.ticket_id, text=words, channel="call")
        return posted.conversation_id, posted.seq
    opened = cases.open_case(
        work,
        customer_id=call.customer_id,
        subject=f"Voice message: {call.reason}"[:200],
        body=words,
        channel="call",
        queue=queue_id,
        author="visitor",
    )
    call.ticket_id = opened.ticket.id
    return opened.conversation_id, opened.seq


def _words(call: Conversation, seconds: str) -> str:
    length, number = _length(seconds), str(call.answers.get("caller", ""))
    lasted = "some seconds" if length is None else f"{length} second{'s' * (length != 1)}"
    return f"A voice message of {lasted} from {shown_phone(number) or 'an unknown number'}."


def _length(seconds: str) -> int | None:
    return int(seconds) if seconds.isdigit() and len(seconds) < 6 else None


def _awaits(work: Work, conversation_id: str, seq: int, shown: list[dict[str, object]]) -> None:
    message = work.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    ).one()
    message.attachments = [*message.attachments, *shown]
