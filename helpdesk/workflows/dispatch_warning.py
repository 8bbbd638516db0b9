"""Telling a customer that their visit will not be as promised, in a dispatcher's own words.

On the visit's ticket where there is one, so that the answer finds its way back; else as a mail of
its own. When it was last told stands in the promise ledger. Not for reminders, which nobody writes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.channels.models import Conversation
from helpdesk.consents.purposes import SERVICE
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.contact_points import shown_phone
from helpdesk.field_service import permissions, promises, settings
from helpdesk.field_service.models import Visit
from helpdesk.mail import mailboxes
from helpdesk.mail import ways as mail_ways
from helpdesk.texts import rules
from helpdesk.workflows import cases, consenting, mail_out, portal_links, texts_told
from helpdesk.workflows import cases_line as line

MAIL, SMS = "mail", "sms"
KIND = "visit"


def ways(work: Work, visit: Visit) -> list[tuple[str, str]]:
    """How its customer can be reached: (way, words for it)."""
    found = []
    address = mail_out.best_address(work, visit.customer_id)
    if address is not None:
        found.append((MAIL, f"Mail to {address}"))
    if (number := _number(work, visit)) is not None:
        found.append((SMS, f"SMS to {shown_phone(number)}"))
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
    """Another window was promised by us. Where the house confirms windows, that goes out with the
    link to choose another one (`visit_reminding`); else it is said here, by whatever way there is.
    """
    visit = permissions.get_visible(work, visit_id)
    row, given = promises.open_of(work, visit.id), settings.get(work)
    known = ways(work, visit)
    if row is None or not known:
        return
    if given.confirms:
        row.warned_at = work.at
        return
    text = (
        f"Hello{_greeted(work, visit)},\n\nwe have to move your visit. We now come on "
        f"{_day(row.starts_at, given.zone)} between {_clock(row.starts_at, given.zone)} and "
        f"{_clock(row.ends_at, given.zone)}. We are sorry. If that does not suit you, answer "
        "this message and we find another time."
    )
    warn(work, visit_id, text, known[0][0])


def _send(work: Work, visit: Visit, text: str, by: str) -> str:
    if by == SMS:
        return _text(work, visit, text)
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


def _text(work: Work, visit: Visit, text: str) -> str:
    ours, theirs = texts_told.our_number(work), _number(work, visit)
    if ours is None or theirs is None:
        raise Conflict("No text can be sent to this customer. Call them.", code="no_way")
    night = rules.quiet(theirs, work.at)
    if night is not None:
        raise Conflict(
            f"It is {night.clock} where this number is, and a text may wake somebody. Call, or "
            "send a mail.",
            code="quiet_hours",
        )
    texts_told.tell(work, visit.customer_id, ours, theirs, text, visit.ticket_id)
    return f"Sent by SMS to {shown_phone(theirs)}."


def _number(work: Work, visit: Visit) -> str | None:
    """Where a text may go; None where none leaves or somebody has said STOP."""
    theirs = texts_told.best_number(work, visit.customer_id)
    if theirs is None or texts_told.our_number(work) is None:
        return None
    allowed = consenting.may_send(work, SERVICE, "sms", visit.customer_id, theirs).allowed
    return theirs if allowed else None


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
