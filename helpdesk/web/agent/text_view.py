"""What may be written in a conversation by SMS or WhatsApp, as the composer says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.texts import opt_outs, rules, threads
from helpdesk.workflows import consenting


@dataclass(frozen=True, slots=True)
class TextView:
    """`window_until` is WhatsApp's; past it (`is_closed`) only templates go."""

    word: str  # SMS, WhatsApp
    ours: str
    theirs: str
    stopped: str  # why nothing may go, in words
    window_until: datetime | None
    is_closed: bool
    is_current: bool  # else the pair of numbers has gone on to a newer conversation

    @property
    def may_write(self) -> bool:
        return self.may_use_template and not self.is_closed

    @property
    def may_use_template(self) -> bool:
        return not self.stopped and self.is_current


def text_view(work: Work, conversation: Conversation) -> TextView | None:
    """None in a conversation on another channel."""
    if conversation.channel not in threads.CHANNELS:
        return None
    word = threads.WORDS[conversation.channel]
    thread = threads.of_conversation(work, conversation.id)
    if thread is None:
        return TextView(word, "", "", "", None, False, False)
    stopped = opt_outs.standing(work, thread.theirs)
    by_whatsapp = thread.channel == "whatsapp"
    return TextView(
        word=word,
        ours=shown_phone(thread.ours),
        theirs=shown_phone(thread.theirs),
        stopped=consenting.opted_out_words(stopped) if stopped else "",
        window_until=rules.window_until(thread.last_in_at) if by_whatsapp else None,
        is_closed=by_whatsapp and not rules.is_open(thread.last_in_at, work.at),
        is_current=True,
    )
