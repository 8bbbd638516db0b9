"""One visit for whoever holds its link: when and where, and until the cut-off move or call off.

A form at each step, so it works without script and a program that opens links in advance changes
nothing. Where it is, is said in part only: mails are forwarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, request

from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.field_service import promises, settings
from helpdesk.field_service.models import SlotOffer, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.portal import brand, frame, speech
from helpdesk.web.portal.frame import Here
from helpdesk.web.visits import door
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import (
    visit_booking,
    visit_coming,
    visit_links,
    visit_reminding,
)
from helpdesk.workflows.visit_links import Link

looks = Allowance(120, 600, "That was very often. Wait some minutes, then try again.")
changes = Allowance(20, 600, "That was very often. Wait some minutes, then try again.")
LONGEST_REASON = 300
DONE = ("confirmed", "moved", "cancelled")


@door.get("/<token>")
@allow("public", cookies=False)
def visit(token: str) -> Response:
    looks.spend(doors.actor().address or "")
    with reading(doors.actor()) as work:
        return _page(work, visit_links.read(work, token), token)


@door.post("/<token>/confirm")
@allow("public", cookies=False)
def confirm_visit(token: str) -> Response:
    with begin(doors.actor()) as work:
        link = _current(work, token)
        promises.confirm(work, link.promise, link.visit)
    return _back(token, "confirmed")


@door.post("/<token>/times")
@allow("public", cookies=False)
def visit_times(token: str) -> Response:
    """Other windows; nothing is changed until one is chosen."""
    with begin(doors.actor()) as work:
        link = _current(work, token)
        return _times(work, link, token)


@door.post("/<token>/move")
@allow("public", cookies=False)
def move_by_link(token: str) -> Response:
    slot_id = request.form.get("slot_id", "")
    try:
        with begin(doors.actor()) as work:
            link = _current(work, token)
            moved = visit_booking.move(work, link.visit.id, slot_id)
            newest = visit_links.newest(work, moved)
            assert newest is not None
            token = visit_links.token_of(newest)
    except visit_booking.SlotGone:
        with begin(doors.actor()) as work:
            return _times(work, _current(work, token), token, gone=True)
    return _back(token, "moved")


@door.get("/<token>/cancel")
@allow("public", cookies=False)
def ask_to_cancel(token: str) -> Response:
    looks.spend(doors.actor().address or "")
    with reading(doors.actor()) as work:
        return _page(work, visit_links.read(work, token), token, asks="cancel")


@door.post("/<token>/cancel")
@allow("public", cookies=False)
def cancel_by_link(token: str) -> Response:
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    with begin(doors.actor()) as work:
        link = _current(work, token)
        visit_booking.cancel(work, link.visit.id, reason=reason)
    return _back(token, "cancelled")


@door.get("/<token>/visit.ics")
@allow("public", cookies=False)
def visit_file(token: str) -> Response:
    """The entry for their own calendar, as it stands now."""
    looks.spend(doors.actor().address or "")
    with reading(doors.actor()) as work:
        link = visit_links.read(work, token)
        address = work.session.get_one(VisitPlace, link.visit.place_id).address
        text = visit_reminding.calendar_behind(work, link, shortened(address))
    response = make_response(text)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return _private(response)


def _current(work: Work, token: str) -> Link:
    """The link, with its holder acting as the visit's customer; Conflict for an old one."""
    changes.spend(work.actor.address or "")
    link = visit_links.read(work, token)
    visit_links.must_be_current(link)
    work.actor = visit_links.actor_of(link, work.actor.address)
    return link


def _back(token: str, done: str) -> Response:
    return _private(doors.go(f"/visits/{token}?done={done}"))


def _page(work: Work, link: Link, token: str, *, asks: str = "") -> Response:
    here, visit = _here(work, link), link.visit
    may_change = link.is_current and visit_booking.may_change(work, visit)
    done = request.args.get("done", "")
    return _shown(
        here,
        "visit_link.html",
        token=token,
        asks=asks if may_change else "",
        done=done if done in DONE else "",
        coming=visit_coming.of(work, visit),
        may_change=may_change,
        until=visit_booking.changes_until(work, visit),
        **_of(work, link, here),
    )


def _times(work: Work, link: Link, token: str, *, gone: bool = False) -> Response:
    visit_booking.must_be_in_time(work, link.visit)
    asked = visit_booking.offers(
        work, link.visit.customer_id, visit_id=link.visit.id, source="portal"
    )
    here = _here(work, link)
    return _shown(
        here,
        "visit_link_times.html",
        token=token,
        gone=gone,
        days=_by_day(here, _others(link, asked.offers)),
        **_of(work, link, here),
    )


def _others(link: Link, offers: Sequence[SlotOffer]) -> list[SlotOffer]:
    """Not the one that they have."""
    return [one for one in offers if one.starts_at != link.promise.starts_at]


def _by_day(here: Here, offers: Sequence[SlotOffer]) -> list[tuple[str, list[SlotOffer]]]:
    days: dict[str, list[SlotOffer]] = {}
    for one in sorted(offers, key=lambda offer: offer.starts_at):
        days.setdefault(here.say.day(one.starts_at), []).append(one)
    return list(days.items())


def _of(work: Work, link: Link, here: Here) -> dict[str, Any]:
    visit = link.visit
    kind = work.session.get_one(VisitType, visit.visit_type_id)
    return {
        "visit": visit,
        "promise": link.promise,
        "is_current": link.is_current,
        "kind": kind.names.get(here.say.language) or kind.name,
        "where": shortened(work.session.get_one(VisitPlace, visit.place_id).address),
        "window": here.say.span(link.promise.starts_at, link.promise.ends_at),
    }


def shortened(address: str) -> str:
    """The town, or as much of a line as tells nobody the door."""
    town = address.rsplit(",", 1)[-1].strip() if "," in address else ""
    return town or f"{address[:12].rstrip()}…"


def _here(work: Work, link: Link) -> Here:
    customer = records.find(work, link.visit.customer_id)
    language = speech.chosen(
        request.args.get("lang"), customer.language if customer is not None else None
    )
    place = work.session.get_one(VisitPlace, link.visit.place_id)
    zone = place.zone or settings.get(work).zone
    return Here(speech.of(language, zone), brand.of(work), None)


def _shown(here: Here, template: str, **values: Any) -> Response:
    return _private(frame.show(template, here, **values))


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response
