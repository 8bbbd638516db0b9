"""Whether mail can leave, and by which mailbox.

A mail that has no way out waits in the books, unseen; what somebody would wait for in vain (a copy
of a chat, a link for a new password) is refused at once instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.core.work import Work
from helpdesk.mail import mailboxes, place
from helpdesk.mail.models import Mailbox


def has_way_out(box: Mailbox | None) -> bool:
    """A server of its own to send by, else the installation's relay."""
    return (box is not None and box.outgoing == "smtp") or bool(place.here().smtp_url)


def can_send(work: Work) -> bool:
    """Whether any mail can leave; where only the relay is set up, by that."""
    return bool(place.here().smtp_url) or box_to_send_by(work) is not None


def box_to_send_by(work: Work, queue_id: str | None = None) -> Mailbox | None:
    """The mailbox that speaks for the queue if it can send, else the first of all that can."""
    able = [box for box in mailboxes.mailboxes(work, active_only=True) if has_way_out(box)]
    return next(iter([*_of(able, queue_id), *able]), None)


def _of(boxes: Sequence[Mailbox], queue_id: str | None) -> list[Mailbox]:
    return [box for box in boxes if queue_id is not None and box.queue_id == queue_id]
