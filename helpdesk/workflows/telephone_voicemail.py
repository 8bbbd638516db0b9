"""A caller leaves a message: it becomes a ticket at once, and its sound follows as a file.

The carrier tells of it twice, when the caller stops and when the sound is ready; whichever comes
first makes the ticket. The sound is fetched like the files of texts, and only ever from the
carrier's own address: what a hook names as one is not looked at.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.carriers import lines
from helpdesk.carriers.twilio import media
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work
from helpdesk.texts import files, place
from helpdesk.workflows import cases

THANKS = "Thank you. We have your message. Goodbye."
KIND = "audio/wav"


def leave(work: Work, sid: str, recording_sid: str, seconds: str) -> bool:
    """Make a ticket of what was recorded on that line; answers whether it is new."""
    row = lines.find(work, sid)
    if row is None or row.voicemail_queue_id is None or row.conversation_id is None:
        return False
    if not media.is_recording(recording_sid):
        return False
    call = conversations.get_conversation(work, row.conversation_id, for_update=True)
    if call.ticket_id is not None:
        return False
    opened = cases.open_case(
        work,
        customer_id=call.customer_id,
        subject=f"Voice message: {call.reason}"[:200],
        body=_words(call, seconds),
        channel="call",
        queue=row.voicemail_queue_id,
        author="visitor",
    )
    call.ticket_id = opened.ticket.id
    sound = [(media.recording_address(place.settings(), recording_sid), KIND)]
    shown = files.awaited(sound)
    _awaits(work, opened.conversation_id, opened.seq, shown)
    files.want(work, opened.conversation_id, opened.seq, sound, shown)
    return True


def _words(call: Conversation, seconds: str) -> str:
    lasted = f"{seconds} seconds" if seconds.isdigit() and len(seconds) < 6 else "some seconds"
    number = str(call.answers.get("caller", "")) or "an unknown number"
    return f"A voice message of {lasted} from {number}."


def _awaits(work: Work, conversation_id: str, seq: int, shown: list[dict[str, object]]) -> None:
    message = work.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    ).one()
    message.attachments = [*message.attachments, *shown]
