"""A voice message from a page: recorded in the browser, and a ticket like one from a telephone.

Whoever waits in a call leaves the line with it; out of hours it is all there is. Not for what a
telephone carrier records (`telephone_voicemail`).
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.calls import service
from helpdesk.calls.recorded_sounds import Recorded
from helpdesk.channels import attachments, hands
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.attachments import Stored
from helpdesk.channels.models import Attachment, Visitor, WidgetSite
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.routing.taking_out import take_out
from helpdesk.tickets.queries import shown_number
from helpdesk.workflows import cases
from helpdesk.workflows.chat import clean_name, record_of

LONGEST_S = 180
GRACE_S = 5  # a recorder stops a moment late
LARGEST = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Left:
    """What came with the sound. What somebody types about themselves proves nothing."""

    sound: Recorded
    stored: Stored
    name: str = ""
    email: str = ""
    phone: str = ""
    about: str = ""
    page_url: str = ""


def take_in(work: Work, site: WidgetSite, visitor: Visitor | None, left: Left) -> str:
    """Make a ticket of it; answers its number to read out (`T-10001`).

    Conflict: (`no_calls`) where the site takes none, (`not_waiting`) once somebody has the call.
    """
    if not site.calls:
        raise Conflict("Voice messages are not taken here. Write to us instead.", code="no_calls")
    call = channels.open_call_of(work, visitor.id) if visitor is not None else None
    return (
        _instead_of_waiting(work, call.id, left) if call else _by_itself(work, site, visitor, left)
    )


def instead(work: Work, item: WorkItem) -> list[str]:
    """What a caller in line may choose instead: callback, message."""
    queue = routing.get_queue(work, item.queue_id)
    return [way for way in ("callback", "message") if getattr(queue, f"{way}_instead")]


def _instead_of_waiting(work: Work, call_id: str, left: Left) -> str:
    item = routing.item_of(work, "conversation", call_id, for_update=True)
    if item is None or item.state != "waiting":
        raise Conflict("You are being connected. Please stay on the line.", code="not_waiting")
    if not routing.get_queue(work, item.queue_id).message_instead:
        raise Conflict(
            "Voice messages are not taken here. Please stay on the line.", code="not_offered"
        )
    take_out(work, item, "message", counts=False)
    call = conversations.get_conversation(work, call_id, for_update=True)
    number, ticket_id = _ticket(work, left, call.customer_id, item.queue_id, call.reason)
    call.ticket_id = ticket_id
    told = "Left a message instead of waiting"
    conversations.post(work, call_id, author="system", text=told, public=False)
    work.session.flush()
    hands.end(work, call_id, ended_by="visitor")
    service.end(work, call_id, call.customer_id, why="message")
    return number


def _by_itself(work: Work, site: WidgetSite, visitor: Visitor | None, left: Left) -> str:
    if visitor is not None:
        customer_id = record_of(work, visitor).id
    else:
        customer_id = finding.find_or_create(
            work, name=clean_name(left.name), email=left.email or None, phone=left.phone or None
        ).customer.id
    queue_id = routing.prefer_queue(work, None, site.queue_id).id
    reason = left.about.strip() or "Call from the website"
    return _ticket(work, left, customer_id, queue_id, reason, site.id)[0]


def _ticket(
    work: Work, left: Left, customer_id: str, queue_id: str, reason: str, site_id: str | None = None
) -> tuple[str, str]:
    opened = cases.open_case(
        work,
        customer_id=customer_id,
        subject=f"Voice message: {reason}"[:200],
        body=f"A voice message of {left.sound.seconds} seconds from the website.",
        channel="call",
        queue=queue_id,
        author="visitor",
        attachments=[_file(work, left)],
        site_id=site_id,
        page_url=left.page_url or None,
    )
    return shown_number(opened.ticket), opened.ticket.id


def _file(work: Work, left: Left) -> Attachment:
    name = f"Voice message.{left.sound.ending}"
    row = attachments.add_loose(work, left.stored, name=name, uploaded_by="visitor")
    row.type = left.sound.type  # a recorder's file is sound, which its first bytes do not tell
    return row
