"""A mail of ours came back: its state, and a note where colleagues will see it."""

from __future__ import annotations

from helpdesk.channels import service as channels
from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.mail.bounces import Bounce
from helpdesk.mail.events import MailFailed
from helpdesk.mail.models import OutgoingMail


def note(work: Work, letter: OutgoingMail, bounce: Bounce, *, proved: bool = True) -> int | None:
    """Mark the mail; answers where the note stands, None when it is told already.

    Not `proved`: it names an address and no mail of ours, which anybody could write. Then
    colleagues read of it beside the last mail that went there, and the mail's state stays.
    """
    late = bounce.action == "delayed"
    why = " ".join(x for x in (bounce.status, bounce.diagnostic) if x)[:280]
    if not proved:
        return _say(work, letter, f"A mail to {bounce.recipient} did not arrive, it is said. {why}")
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
    if known:
        return None
    whom = bounce.recipient or letter.to_address
    return _say(
        work, letter, f"The mail to {whom} {'is late' if late else 'did not arrive'}. {why}"
    )


def _say(work: Work, letter: OutgoingMail, text: str) -> int | None:
    """A note in its conversation; a notice to a colleague belongs to none."""
    where = letter.conversation_id
    if where is None or work.session.get(Conversation, where) is None:
        return None
    return channels.post(work, where, author="system", text=text.strip(), public=False).seq
