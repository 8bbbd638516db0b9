"""A mail of ours came back: its state, and a note where colleagues will see it."""

from __future__ import annotations

from helpdesk.channels import service as channels
from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.mail.bounces import Bounce
from helpdesk.mail.events import MailFailed
from helpdesk.mail.models import OutgoingMail


def note(work: Work, letter: OutgoingMail, bounce: Bounce) -> int | None:
    """Mark the mail; answers where the note stands, None when it is told already."""
    late = bounce.action == "delayed"
    why = " ".join(x for x in (bounce.status, bounce.diagnostic) if x)[:280]
    known = letter.state == "bounced" or (late and letter.error == why)
    letter.error = why or "It came back."
    if not late and letter.state != "bounced":
        letter.state, letter.bounced_at = "bounced", work.at
        work.emit(
            MailFailed(
                customer_id=letter.customer_id,
                outgoing_id=letter.id,
                conversation_id=letter.conversation_id,
                seq=letter.seq,
                bounced=True,
                why=letter.error[:160],
            )
        )
    if known or letter.conversation_id is None:
        return None
    if work.session.get(Conversation, letter.conversation_id) is None:
        return None
    whom = bounce.recipient or letter.to_address
    told = "is late" if late else "did not arrive"
    text = f"The mail to {whom} {told}. {why}".strip()
    return channels.post(work, letter.conversation_id, author="system", text=text, public=False).seq
