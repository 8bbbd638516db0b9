"""Pairs of numbers: whose is which conversation, and the row that is held while texts pass."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.texts.models import TextArrival, TextThread

CHANNELS = ("sms", "whatsapp")
WORDS = {"sms": "SMS", "whatsapp": "WhatsApp"}
_PREFIX = "whatsapp:"


def read_address(text: str) -> tuple[str, str]:
    """The channel and the number of a carrier's address (`whatsapp:+44...` or a bare number)."""
    address = text.strip()
    if address.lower().startswith(_PREFIX):
        return "whatsapp", address[len(_PREFIX) :][:20]
    return "sms", address[:20]


def written_address(channel: str, number: str) -> str:
    """The same as the carrier takes it."""
    return f"{_PREFIX}{number}" if channel == "whatsapp" else number


def hold(work: Work, channel: str, ours: str, theirs: str) -> TextThread:
    """The pair's row, made where it is new, held until the end of the transaction."""
    row = TextThread(
        id=new_id(),
        channel=channel,
        ours=ours,
        theirs=theirs,
        conversation_id=None,
        last_in_at=None,
        told_closed_in=None,
        created_at=work.at,
    )
    if work.put_if_absent(row):
        return row
    return work.session.scalars(
        select(TextThread)
        .where(TextThread.channel == channel, TextThread.ours == ours, TextThread.theirs == theirs)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def of_conversation(
    work: Work, conversation_id: str, *, for_update: bool = False
) -> TextThread | None:
    """The pair that this conversation is the current one of."""
    wanted = select(TextThread).where(TextThread.conversation_id == conversation_id)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalar(wanted)


def arrived(work: Work, sid: str, conversation_id: str) -> bool:
    """Note that the text of this id was taken in; False when it was before."""
    return work.put_if_absent(TextArrival(sid=sid, conversation_id=conversation_id, at=work.at))


def was_taken_in(work: Work, sid: str) -> bool:
    return work.session.get(TextArrival, sid) is not None
