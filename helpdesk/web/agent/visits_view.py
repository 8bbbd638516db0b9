"""Visits as the desk shows them: beside a ticket, on the card, alone with all that is known.

Not for changing them (see `visits`, `visits_booking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.called import called_by
from helpdesk.field_service import listing, permissions, promises, service, settings, steps
from helpdesk.field_service.listing import Line
from helpdesk.field_service.models import Visit, VisitPromise
from helpdesk.field_service.models_crew import Part
from helpdesk.field_service.models_work import VisitFile, VisitReport, VisitWork
from helpdesk.identity.models import User
from helpdesk.tickets.models import Ticket
from helpdesk.web import visit_words

SHOWN = 5


class Speaks:
    """Words for templates that have a view at hand."""

    states = visit_words.STATES
    promised = visit_words.PROMISES
    outcomes = visit_words.OUTCOMES
    sources = visit_words.SOURCES
    priorities = visit_words.PRIORITIES
    number = staticmethod(visit_words.number)
    eta_source = staticmethod(visit_words.eta_source)


@dataclass(frozen=True, slots=True)
class VisitsOf(Speaks):
    """Of a ticket or customer: what is to come first. `zone` is the house's."""

    lines: Sequence[Line] = ()
    zone: str = "UTC"

    @property
    def count(self) -> int:
        return len(self.lines)

    def zone_of(self, line: Line) -> str:
        return line.place.zone or self.zone


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the checklist with what the technician wrote."""

    text: str
    needed: bool
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    attachment_id: str | None
    at: Any


@dataclass(frozen=True, slots=True)
class VisitView(Speaks):
    line: Line
    zone: str
    customer: str
    ticket: Ticket | None
    crew: Sequence[str]
    travel: tuple[int, str] | None
    promises: Sequence[VisitPromise]
    answers: Sequence[Answer]
    work: VisitWork | None
    parts: Sequence[tuple[str, int]]
    photos: Sequence[Photo]
    report: VisitReport | None
    follows: Visit | None
    may_move: bool
    may_cancel: bool

    @property
    def visit(self) -> Visit:
        return self.line.visit


def of_ticket(work: Work, ticket_id: str) -> VisitsOf:
    lines = listing.of_ticket(work, ticket_id)
    return VisitsOf(lines, settings.get(work).zone if lines else "UTC")


def of_customer(work: Work, customer_id: str) -> VisitsOf:
    lines = listing.of_customer(work, customer_id, SHOWN)
    return VisitsOf(lines, settings.get(work).zone if lines else "UTC")


def visit_view(work: Work, visit_id: str) -> VisitView:
    """NotFound where the reader may not see it."""
    permissions.get_visible(work, visit_id)
    line = listing.one(work, visit_id)
    visit = line.visit
    done = work.session.get(VisitWork, visit.id)
    stops = service.stops_of(work, visit.id)
    return VisitView(
        line=line,
        zone=line.place.zone or settings.get(work).zone,
        customer=called_by(work, visit.customer_id),
        ticket=work.session.get(Ticket, visit.ticket_id) if visit.ticket_id else None,
        crew=_names(work, [one.technician_id for one in stops]),
        travel=(stops[0].travel_s, stops[0].travel_source) if stops else None,
        promises=promises.of_visit(work, visit.id),
        answers=_answers(line.kind.checklist, done.checklist if done else {}),
        work=done,
        parts=_parts(work, visit, done),
        photos=_photos(work, visit.id),
        report=_report(work, visit.id),
        follows=work.session.get(Visit, visit.follows_id) if visit.follows_id else None,
        may_move=steps.may_be_replanned(visit.state),
        may_cancel=steps.may_follow(visit.state, "cancelled"),
    )


def _names(work: Work, ids: Sequence[str]) -> list[str]:
    if not ids:
        return []
    rows = work.session.execute(select(User.id, User.name).where(User.id.in_(list(ids))))
    names = {row.id: row.name for row in rows}
    return [names.get(one, "A colleague who left") for one in ids]


def _answers(asked: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> list[Answer]:
    return [
        Answer(
            str(one.get("text", one.get("key", ""))),
            bool(one.get("needed")),
            str(one.get("kind", "check")),
            given.get(str(one.get("key"))),
        )
        for one in asked
    ]


def _parts(work: Work, visit: Visit, done: VisitWork | None) -> list[tuple[str, int]]:
    """What was used, or while nothing was, what it is planned with."""
    counts: dict[str, int] = {}
    for one in done.parts_used if done else ():
        key = str(one.get("part_id", ""))
        counts[key] = counts.get(key, 0) + int(one.get("quantity", 0))
    counts = counts or dict(visit.parts)
    if not counts:
        return []
    rows = work.session.execute(select(Part.id, Part.name).where(Part.id.in_(sorted(counts))))
    return [(row.name, counts[row.id]) for row in rows]


def _photos(work: Work, visit_id: str) -> list[Photo]:
    rows = work.session.scalars(
        select(VisitFile)
        .where(VisitFile.visit_id == visit_id)
        .order_by(VisitFile.taken_at)
        .limit(100)
    )
    return [Photo(row.name, row.attachment_id, row.taken_at) for row in rows]


def _report(work: Work, visit_id: str) -> VisitReport | None:
    return work.session.scalar(
        select(VisitReport)
        .where(VisitReport.visit_id == visit_id)
        .order_by(VisitReport.version.desc())
        .limit(1)
    )
