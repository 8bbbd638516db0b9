"""What a customer hears of a visit by itself: that it is booked, that it is tomorrow, that somebody
is on the way, that it is called off.

Each is a row for one promise and one way (mail or text), so it is said once, and what was promised
otherwise meanwhile is said no more. A text waits while it is night where its number is. All of it
is service, so only what stands at an address itself (STOP) speaks against it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from helpdesk.consents.purposes import SERVICE
from helpdesk.core.actors import system
from helpdesk.core.db import insert_if_absent
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.customers import records
from helpdesk.customers.models import Customer
from helpdesk.field_service import appointments, promises, settings
from helpdesk.field_service.events import VisitCancelled, VisitDeparted, VisitEvent
from helpdesk.field_service.models import Visit, VisitPlace, VisitPromise, VisitReminder
from helpdesk.field_service.models_crew import VisitType
from helpdesk.mail import mailboxes, place, ways
from helpdesk.texts import rules
from helpdesk.workflows import (
    consenting,
    mail_out,
    texts_told,
    visit_booking,
    visit_coming,
    visit_links,
    visit_words,
)

log = logging.getLogger("helpdesk.visits")

ACTOR = system("visits")
TEXT = "_text"  # of a kind that goes by text
EVE = time(16)  # on the day before
LATEST_EVE = timedelta(hours=10)  # said later than so long before, a reminder helps nobody
WAY_HELPS = timedelta(minutes=45)
PAUSE = timedelta(minutes=15)
BATCH = 50


@dataclass(frozen=True, slots=True)
class Letter:
    """All that the words of one reminder need."""

    visit: Visit
    promise: VisitPromise
    customer: Customer
    place: VisitPlace
    kind: VisitType
    lang: str
    zone: str


def plan(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to what happens to visits: which words are due, and when."""
    given = settings.get(work)
    for one in emitted:
        event = one.event
        assert isinstance(event, VisitEvent)
        visit = work.session.get(Visit, event.visit_id)
        promise = visit_links.newest(work, visit) if visit is not None else None
        if visit is None or promise is None:
            continue
        if isinstance(event, VisitCancelled):
            _expect(work, promise, "cancel", work.at)
        elif isinstance(event, VisitDeparted):
            if given.tells_on_the_way:
                _expect(work, promise, "way", work.at)
        elif promise.state == "open":
            if given.confirms:
                _expect(work, promise, "confirm", work.at)
            eve = _eve(work, visit, promise, given.zone)
            if given.reminds_day_before and eve > work.at:
                _expect(work, promise, "day", eve)


def send_due() -> None:
    """A duty of the sweeper: each in a transaction of its own, so one holds up no other."""
    with reading(ACTOR) as work:
        ids = work.session.scalars(
            select(VisitReminder.id)
            .where(VisitReminder.sent_at.is_(None), VisitReminder.due_at <= work.at)
            .order_by(VisitReminder.due_at, VisitReminder.id)
            .limit(BATCH)
        ).all()
    for one in ids:
        try:
            with begin(ACTOR) as work:
                send(work, one)
        except Exception:
            log.exception("reminder %s could not be sent", one)
            with begin(ACTOR) as work:
                _put_off(work, one)


def send(work: Work, reminder_id: str) -> str:
    """Say it, if it is still true; answers what became of it."""
    row = _taken(work, reminder_id)
    if row is None:
        return "gone"
    letter = _letter(work, row)
    kind, by_text = row.kind.removesuffix(TEXT), row.kind.endswith(TEXT)
    against = _against(work, row, kind, letter)
    if against:
        row.outcome = against[:40]
        return row.outcome
    assert letter is not None
    row.outcome = _text(work, row, kind, letter) if by_text else _mail(work, row, kind, letter)
    return row.outcome


def calendar_of(work: Work, visit: Visit, promise: VisitPromise) -> str:
    """The visit's entry as a file, for whoever is signed in."""
    letter = _of(work, visit, promise)
    return _file(visit, _entry(work, letter)) if letter is not None else ""


def calendar_behind(work: Work, link: visit_links.Link, where: str) -> str:
    """The same for whoever holds a link: no more of the place than its page says (`where`), and
    nobody gets a newer link out of an older one.
    """
    standing = visit_links.newest(work, link.visit) or link.promise
    letter = _of(work, link.visit, standing)
    if letter is None:
        return ""
    known = visit_links.address_of(link.promise)
    entry = replace(_entry(work, letter), location=where, text=known, link=known)
    return _file(link.visit, entry)


def _file(visit: Visit, entry: appointments.Entry) -> str:
    gone = visit.state == "cancelled"
    return appointments.written(entry, appointments.CANCEL if gone else appointments.PUBLISH)


def _expect(work: Work, promise: VisitPromise, kind: str, due_at: datetime) -> None:
    for name in (kind, f"{kind}{TEXT}"):
        insert_if_absent(
            work.session,
            VisitReminder,
            {
                "id": new_id(),
                "visit_id": promise.visit_id,
                "promise_id": promise.id,
                "kind": name,
                "due_at": due_at,
                "sent_at": None,
                "outcome": "",
            },
        )


def _eve(work: Work, visit: Visit, promise: VisitPromise, zone: str) -> datetime:
    """The afternoon before, by the clock where they are."""
    there = ZoneInfo(work.session.get_one(VisitPlace, visit.place_id).zone or zone)
    before = promise.starts_at.astimezone(there).date() - timedelta(days=1)
    return datetime.combine(before, EVE, there)


def _taken(work: Work, reminder_id: str) -> VisitReminder | None:
    taken = work.session.execute(
        update(VisitReminder)
        .where(VisitReminder.id == reminder_id, VisitReminder.sent_at.is_(None))
        .values(sent_at=work.at)
        .returning(VisitReminder.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    return work.session.get(VisitReminder, reminder_id, populate_existing=True)


def _put_off(work: Work, reminder_id: str) -> None:
    work.session.execute(
        update(VisitReminder)
        .where(VisitReminder.id == reminder_id)
        .values(sent_at=None, due_at=work.at + PAUSE)
    )


def _letter(work: Work, row: VisitReminder) -> Letter | None:
    visit = work.session.get_one(Visit, row.visit_id)
    return _of(work, visit, work.session.get_one(VisitPromise, row.promise_id))


def _of(work: Work, visit: Visit, promise: VisitPromise) -> Letter | None:
    customer = records.find(work, visit.customer_id)
    if customer is None:
        return None
    where = work.session.get_one(VisitPlace, visit.place_id)
    return Letter(
        visit,
        promise,
        customer,
        where,
        work.session.get_one(VisitType, visit.visit_type_id),
        visit_words.language(customer.language),
        where.zone or settings.get(work).zone,
    )


def _against(work: Work, row: VisitReminder, kind: str, letter: Letter | None) -> str:
    """Why it is said no more."""
    if letter is None:
        return "the customer is gone"
    visit, promise = letter.visit, letter.promise
    if kind == "cancel":
        return (
            "" if visit.state == "cancelled" and work.at < promise.ends_at else "not true any more"
        )
    standing = promises.open_of(work, visit.id)
    if kind == "way":
        late = work.at > row.due_at + WAY_HELPS
        return "" if visit.state == "travelling" and not late else "not true any more"
    if standing is None or standing.id != promise.id or visit.state != "booked":
        return "not true any more"
    if kind == "day" and work.at > promise.starts_at - LATEST_EVE:
        return "too late"
    return "" if work.at < promise.ends_at else "too late"


def _mail(work: Work, row: VisitReminder, kind: str, letter: Letter) -> str:
    address = mail_out.best_address(work, letter.customer.id)
    if address is None:
        return "no address"
    if not consenting.may_send(work, SERVICE, "email", letter.customer.id, address).allowed:
        return "no consent"
    box = ways.box_to_send_by(work, None)
    brand = mailboxes.brand_of(work, box)
    named = _named(work, letter, mail_out.brand_name(brand))
    subject, text = visit_words.mail(kind, letter.lang, named)
    entry = _entry(work, letter, ours=(mail_out.own_address(box), named["brand"]),
                   theirs=(address, letter.customer.name))  # fmt: skip
    method = {"confirm": appointments.REQUEST, "cancel": appointments.CANCEL}.get(kind)
    mail_out.write_down(
        work,
        once_key=f"visit:{row.id}",
        kind="visit",
        box=box,
        brand=brand,
        to=(letter.customer.name, address),
        from_name=named["brand"],
        subject=subject,
        text=text,
        customer_id=letter.customer.id,
        is_automatic=True,
        calendar=appointments.written(entry, method) if method else "",
    )
    return "sent"


def _text(work: Work, row: VisitReminder, kind: str, letter: Letter) -> str:
    ours, theirs = texts_told.our_number(work), texts_told.best_number(work, letter.customer.id)
    if ours is None or theirs is None:
        return "no number"
    if not consenting.may_send(work, SERVICE, "sms", letter.customer.id, theirs).allowed:
        return "no consent"
    if rules.quiet(theirs, work.at) is not None and kind != "way":
        row.sent_at, row.due_at = None, work.at + PAUSE
        return "waits for the morning"
    brand = mail_out.brand_name(mailboxes.brand_of(work, ways.box_to_send_by(work, None)))
    words = visit_words.text(kind, letter.lang, _named(work, letter, brand))
    texts_told.tell(work, letter.customer.id, ours, theirs, words, letter.visit.ticket_id)
    return "sent"


def _named(work: Work, letter: Letter, brand: str) -> dict[str, str]:
    starts, ends = letter.promise.starts_at, letter.promise.ends_at
    zone, lang = letter.zone, letter.lang
    until = visit_booking.cut_off(letter.visit, letter.kind) or starts
    coming = visit_coming.of(work, letter.visit)
    return {
        "name": letter.customer.name,
        "kind": letter.kind.names.get(lang) or letter.kind.name,
        "day": visit_words.day(starts, zone, lang),
        "window": visit_words.window(starts, ends, zone, lang),
        "brief": visit_words.brief(starts, ends, zone, lang),
        "where": letter.place.address,
        "until": f"{visit_words.day(until, zone, lang)}, {visit_words.clock(until, zone)}",
        "link": visit_links.address_of(letter.promise),
        "who": coming.name or visit_words.NOBODY[lang],
        "eta": visit_words.clock(coming.eta or starts, zone),
        "brand": brand,
    }


def _entry(
    work: Work,
    letter: Letter,
    ours: tuple[str, str] | None = None,
    theirs: tuple[str, str] | None = None,
) -> appointments.Entry:
    return appointments.Entry(
        visit_id=letter.visit.id,
        host=place.here().host,
        starts_at=letter.promise.starts_at,
        ends_at=letter.promise.ends_at,
        sequence=letter.visit.moves,
        made_at=work.at,
        summary=letter.kind.names.get(letter.lang) or letter.kind.name,
        location=letter.place.address,
        text=visit_links.address_of(letter.promise),
        link=visit_links.address_of(letter.promise),
        ours=ours,
        theirs=theirs,
    )
