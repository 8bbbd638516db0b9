"""Telling a customer that their visit will not be as promised, in a dispatcher's own words.

On the visit's ticket where there is one, so that the answer finds its way back; else as a mail of
its own. When it was last told stands in the promise ledger. Not for reminders, which nobody writes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.field_service import permissions, promises, settings
from helpdesk.field_service.models import Visit
from helpdesk.mail import mailboxes
from helpdesk.mail import ways as mail_ways
from helpdesk.workflows import cases, mail_out, portal_links
from helpdesk.workflows import cases_line as line

MAIL, SMS = "mail", "sms"
KIND = "visit"


def ways(work: Work, visit: Visit) -> list[tuple[str, str]]:
    """How its customer can be reached: (way, words for it)."""
    found = []
    address = mail_out.best_address(work, visit.customer_id)
    if address is not None:
        found.append((MAIL, f"Mail to {address}"))
    if _text_thread(work, visit) is not None:
        found.append((SMS, "SMS, in the ticket's conversation"))
    return found


def words(work: Work, visit: Visit) -> str:
    """What one would say, to be changed before it is sent."""
    name = _greeted(work, visit)
    if visit.window_starts_at is None or visit.window_ends_at is None:
        return f"Hello{name},\n\nwe are looking for a time for your visit and will tell you soon."
    zone = settings.get(work).zone
    return (
        f"Hello{name},\n\nour visit on {_day(visit.window_starts_at, zone)} between "
        f"{_clock(visit.window_starts_at, zone)} and {_clock(visit.window_ends_at, zone)} will be "
        "later than we said. We are sorry. If that does not suit you, answer this message and we "
        "find another time."
    )


def warn(work: Work, visit_id: str, text: str, by: str) -> str:
    """Send it; a sentence that says how."""
    permissions.require_dispatch(work)
    visit = permissions.get_visible(work, visit_id)
    said = text.strip()
    if not said:
        raise Invalid(fields={"text": "Write something first."})
    told = _send(work, visit, said, by)
    row = promises.open_of(work, visit.id)
    if row is not None:
        row.warned_at = work.at
    work.audit("visit.customer_warned", "visit", visit.id, by=by)
    return told


def moved(work: Work, visit_id: str) -> None:
    """Another window was promised by us: say which, by whatever way there is."""
    visit = permissions.get_visible(work, visit_id)
    known = ways(work, visit)
    if not known or visit.window_starts_at is None or visit.window_ends_at is None:
        return
    zone = settings.get(work).zone
    text = (
        f"Hello{_greeted(work, visit)},\n\nwe have to move your visit. We now come on "
        f"{_day(visit.window_starts_at, zone)} between {_clock(visit.window_starts_at, zone)} and "
        f"{_clock(visit.window_ends_at, zone)}. We are sorry. If that does not suit you, answer "
        "this message and we find another time."
    )
    warn(work, visit_id, text, known[0][0])


def _send(work: Work, visit: Visit, text: str, by: str) -> str:
    if by == SMS:
        thread = _text_thread(work, visit)
        if thread is None or visit.ticket_id is None:
            raise Conflict("There is no text conversation with this customer.", code="no_way")
        _reply(work, visit.ticket_id, text, thread.id)
        return "Sent by SMS."
    address = mail_out.best_address(work, visit.customer_id)
    if address is None:
        raise Conflict("No mail address is known. Call the customer.", code="no_way")
    if visit.ticket_id is not None:
        thread = _thread(work, visit.ticket_id, mail_out.CHANNELS)
        _reply(work, visit.ticket_id, text, thread.id if thread else None)
    else:
        _mail(work, visit, address, text)
    return f"Sent by mail to {address}."


def _reply(work: Work, ticket_id: str, text: str, conversation_id: str | None) -> None:
    cases.reply(
        work,
        ticket_id,
        author=f"agent:{work.actor.id}",
        text=text,
        public=True,
        conversation_id=conversation_id,
    )


def _mail(work: Work, visit: Visit, address: str, text: str) -> None:
    box = mail_ways.box_to_send_by(work, None)
    brand = mailboxes.brand_of(work, box)
    name = portal_links.brand_of(work, box)
    mail_out.write_down(
        work,
        once_key=f"{KIND}:{visit.id}:{new_id()}",
        kind=KIND,
        box=box,
        brand=brand,
        to=("", address),
        from_name=name,
        subject=f"Your visit V-{visit.number}",
        text=f"{text}\n\n{name}",
        customer_id=visit.customer_id,
    )


def _text_thread(work: Work, visit: Visit) -> Conversation | None:
    return _thread(work, visit.ticket_id, ("sms",)) if visit.ticket_id else None


def _thread(work: Work, ticket_id: str, channels: Collection[str]) -> Conversation | None:
    rows = line.threads_of(work, ticket_id)
    return next((t for t in rows if t.state != "ended" and t.channel in channels), None)


def _greeted(work: Work, visit: Visit) -> str:
    customer = records.find(work, visit.customer_id)
    return f" {customer.name}" if customer is not None and customer.name else ""


def _day(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%A, %-d %B")


def _clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
