"""A promised window as an entry of somebody's own calendar (RFC 5545, 5546).

The entry keeps its UID for the life of the visit and its SEQUENCE rises with every change, so a
calendar that has it replaces it, and takes it out when the visit is called off. Pure: words and
addresses come from the caller. Not for reading calendars (`calendars.ical`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

REQUEST, PUBLISH, CANCEL = "REQUEST", "PUBLISH", "CANCEL"


@dataclass(frozen=True, slots=True)
class Entry:
    """`ours` and `theirs`: address and name; an invitation needs both, a file neither."""

    visit_id: str
    host: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    made_at: datetime
    summary: str
    location: str = ""
    text: str = ""
    link: str = ""
    ours: tuple[str, str] | None = None
    theirs: tuple[str, str] | None = None


def written(entry: Entry, method: str) -> str:
    """The whole file, with CRLF line ends."""
    # Only who sends an invitation pays for it.
    from icalendar import Calendar, Event  # noqa: PLC0415

    event = Event()
    event.add("uid", f"visit-{entry.visit_id}@{entry.host}")
    event.add("dtstamp", entry.made_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("sequence", entry.sequence + (method == CANCEL))
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("summary", entry.summary)
    for name, value in (
        ("location", entry.location), ("description", entry.text), ("url", entry.link)
    ):  # fmt: skip
        if value:
            event.add(name, value)
    event.add("transp", "OPAQUE")
    _people(event, entry)
    calendar = Calendar()
    calendar.add("prodid", "-//Helpdesk//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _people(event: object, entry: Entry) -> None:
    from icalendar import vCalAddress, vText  # noqa: PLC0415

    if entry.ours is None or entry.theirs is None:
        return
    organizer = vCalAddress(f"mailto:{entry.ours[0]}")
    organizer.params["CN"] = vText(entry.ours[1])
    attendee = vCalAddress(f"mailto:{entry.theirs[0]}")
    attendee.params["CN"] = vText(entry.theirs[1] or entry.theirs[0])
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("organizer", organizer)  # type: ignore[attr-defined]
    event.add("attendee", attendee)  # type: ignore[attr-defined]
