"""Windows on offer: what the engine finds for a wish, written down with its price in words, or why
there is none.

Nothing is kept for an offer; it says how it was found, and whoever accepts it looks again
(`visit_booking`). While the customer decides, `visit_further` looks for more. Not for who may ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import book_jobs, days, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.events import SlotsMissed
from helpdesk.field_service.models import SlotAsk, SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import Part, VisitType
from helpdesk.field_service.plan import Job
from helpdesk.field_service.settings import Settings
from helpdesk.routing.models import Skill
from helpdesk.workflows import visit_wishes
from helpdesk.workflows.visit_wishes import Wish

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book
    from helpdesk.field_service.refusing import Refusal
    from helpdesk.field_service.slots import Rules, Slot

LOCALES = ("en", "de")
LOOKED_FOR = timedelta(seconds=15)  # then whoever waits for more has waited long enough


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. `refusal` {"kind", "words": {locale: text}}; None: there are
    offers. `looking`: a moment of thinking may still open more.
    """

    id: str
    offers: Sequence[SlotOffer]
    refusal: Mapping[str, Any] | None
    looking: bool = False


def ask(work: Work, wish: Wish) -> Asked:
    """Look for windows and write down what was found."""
    from helpdesk.field_service import book, slots  # noqa: PLC0415  only who books pays for it

    given, now, ask_id = settings.get(work), seconds(work.at), new_id()
    seen = book.look(work, given)
    job = job_in(seen, wish, visit_wishes.job_of(work, wish, _job_id(wish, ask_id), now))
    board = without(seen, wish.visit.id if wish.visit is not None else "").board
    wanted = visit_wishes.windows(wish, given, now)
    found = slots.offers(board, job, wanted, now, rules(given))
    offers = [write(work, wish, ask_id, job, one, seen, given) for one in found.items]
    refusal = _told(work, seen, found.refusal) if found.refusal is not None else None
    missed = [[one.id, one.starts, one.ends] for one in found.missed if _may_open(found.refusal)]
    work.insert(
        SlotAsk,
        id=ask_id,
        customer_id=wish.customer_id,
        wanted=_wanted(wish, job, missed),
        refusal=refusal,
        state="looking" if missed else "done",
        made_at=work.at,
    )
    if missed:
        work.emit(SlotsMissed(ask_id=ask_id, count=len(missed)))
    return Asked(ask_id, offers, refusal, bool(missed))


def _may_open(refusal: Refusal | None) -> bool:
    """Moving others makes room; it makes nobody able, and no van fuller."""
    return refusal is None or refusal.kind == "full"


def rules(given: Settings) -> Rules:
    from helpdesk.field_service.slots import Rules  # noqa: PLC0415  only who books pays for it

    return Rules(fewest=given.fewest, most=given.most, lead_s=given.notice_s)


def job_in(seen: Book, wish: Wish, job: Job) -> Job:
    """The job with the territory that its place lies in."""
    area = seen.crew.area_of(wish.place.postcode, job.place)
    return replace(job, territory=area.id if area is not None else None)


def without(seen: Book, job_id: str) -> Book:
    """The book as it would be if this job stood in no route."""
    shifts = seen.board.plan.shifts_of(job_id) if job_id else ()
    if not shifts:
        return seen
    routes = [seen.board.plan.routes[one].without(job_id) for one in shifts]
    return replace(seen, board=seen.board.with_route(*routes))


def write(
    work: Work, wish: Wish, ask_id: str, job: Job, slot: Slot, seen: Book, given: Settings
) -> SlotOffer:
    """One offer as a row."""
    row = SlotOffer(
        id=new_id(),
        asked_id=ask_id,
        customer_id=wish.customer_id,
        ticket_id=wish.ticket_id,
        visit_id=wish.visit.id if wish.visit is not None else None,
        visit_type_id=wish.kind.id,
        place_id=wish.place.id,
        state="offered",
        source=wish.source,
        starts_at=instant(slot.window.starts),
        ends_at=instant(slot.window.ends),
        day=date.fromisoformat(slot.day),
        technician_ids=list(slot.technicians),
        job=book_jobs.to_json(job),
        planned=planned(seen, slot),
        price=price(slot, wish.place.zone or given.zone),
        made_at=work.at,
        made_by=work.actor.label,
        expires_at=work.at + timedelta(seconds=given.offer_s),
        accepted_visit_id=None,
    )
    work.put(row)
    return row


def planned(seen: Book, slot: Slot) -> dict[str, Any]:
    """How a slot was found: when work begins, in which routes, at which of their versions."""
    return {
        "starts": slot.starts,
        "routes": [
            {"shift": shift, "position": position, "version": seen.route(shift).version}
            for shift, position in zip(slot.shifts, slot.positions, strict=True)
        ],
    }


def price(slot: Slot, zone: str) -> dict[str, Any]:
    """What a slot costs: figures, and the words for them in each language."""
    from helpdesk.field_service import pricing  # noqa: PLC0415  only who books pays for it

    noon = days.noon(date.fromisoformat(slot.day), zone)
    return {
        "added_travel_s": slot.added_travel_s,
        "slack_left_s": slot.slack_left_s,
        "uses_last_slack": slot.uses_last_slack,
        "before_due": slot.before_due,
        "preferred": slot.preferred,
        "words": {one: pricing.words(slot, one, noon) for one in LOCALES},
    }


def price_words(offer: SlotOffer, locale: str = "en") -> str:
    """As `+6 min driving, uses the last slack of that morning`; not for customers."""
    words: Mapping[str, str] = offer.price.get("words", {})
    return words.get(locale[:2].lower(), words.get("en", ""))


def refusal_words(refusal: Mapping[str, Any], locale: str = "en") -> str:
    words: Mapping[str, str] = refusal.get("words", {})
    return words.get(locale[:2].lower(), words.get("en", ""))


def of_ask(work: Work, ask: SlotAsk) -> Asked:
    """A question as it is answered by now, with what was found since; the soonest first."""
    rows = work.session.scalars(
        select(SlotOffer)
        .where(SlotOffer.asked_id == ask.id, SlotOffer.state.in_(("offered", "held")))
        .order_by(SlotOffer.starts_at, SlotOffer.id)
    ).all()
    alive = [row for row in rows if row.expires_at > work.at]
    looking = ask.state == "looking" and work.at < ask.made_at + LOOKED_FOR
    return Asked(ask.id, alive, None if alive else ask.refusal, looking)


def again(work: Work, offer: SlotOffer) -> Asked:
    """Fresh windows for the wish behind an offer that is gone."""
    visit = work.session.get(Visit, offer.visit_id) if offer.visit_id else None
    return ask(work, wish_of(work, offer, visit))


def wish_of(work: Work, offer: SlotOffer, visit: Visit | None) -> Wish:
    """The wish that an offer answers."""
    return Wish(
        customer_id=offer.customer_id,
        kind=work.session.get_one(VisitType, offer.visit_type_id),
        place=work.session.get_one(VisitPlace, offer.place_id),
        source=offer.source,
        ticket_id=offer.ticket_id,
        visit=visit,
    )


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _job_id(wish: Wish, ask_id: str) -> str:
    return wish.visit.id if wish.visit is not None else ask_id


def _wanted(wish: Wish, job: Job, missed: list[list[Any]]) -> dict[str, Any]:
    return {
        "visit_type_id": wish.kind.id,
        "place_id": wish.place.id,
        "ticket_id": wish.ticket_id,
        "visit_id": wish.visit.id if wish.visit is not None else None,
        "source": wish.source,
        "job": book_jobs.to_json(job),
        "missed": missed,
    }


def _told(work: Work, seen: Book, refusal: Refusal) -> dict[str, Any]:
    """Why there is none, with names instead of ids."""
    from helpdesk.field_service import pricing  # noqa: PLC0415  only who books pays for it

    facts = dict(refusal.facts)
    if refusal.kind == "skill":
        facts["skill"] = _name(work, Skill, str(facts["skill"]))
    if refusal.kind == "parts":
        facts["part"] = _name(work, Part, str(facts["part"]))
    if refusal.kind == "territory":
        names = {one.id: one.name for one in seen.crew.areas}
        facts["territory"] = names.get(str(facts["territory"]), "")
    named = replace(refusal, facts=facts)
    words = {one: pricing.refusal_words(named, one) for one in LOCALES}
    return {"kind": refusal.kind, "words": words, "next_day": facts.get("next_day")}


def _name(work: Work, table: Any, key: str) -> str:
    row = work.session.get(table, key)
    return str(row.name) if row is not None else "?"
