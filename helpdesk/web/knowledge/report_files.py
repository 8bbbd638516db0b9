"""The reports as files that a spreadsheet opens without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from helpdesk.core import clock
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import MOST, Page
from helpdesk.core.work import Work, reading
from helpdesk.kb import asked, avoided, readings, stale
from helpdesk.surveys import export
from helpdesk.web import doors
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door, reports
from helpdesk.web.knowledge.listing import DESK

LONGEST = 5_000
Cells = Iterable[Sequence[object]]


@door.get("/reports/<name>.csv")
@allow(*DESK)
def report_file(name: str) -> Response:
    if name not in _FILES:
        raise NotFound("There is no such report.")
    head, cells = _FILES[name]
    with reading(doors.actor()) as work:
        text = "".join(export.lines(head, cells(work)))
    answer = Response(text.encode("utf-8"), mimetype="text/csv")
    file = f"knowledge-{name}-{clock.now():%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _nothing(work: Work) -> Cells:
    for one in asked.found_nothing(work, _days(), most=LONGEST):
        yield one.words, one.locale, one.empty, _at(one.last_at)


def _unopened(work: Work) -> Cells:
    for one in asked.nobody_opened(work, _days(), most=LONGEST):
        yield one.words, one.locale, one.asked - one.empty, _at(one.last_at)


def _before(work: Work) -> Cells:
    rows = readings.before_contact(work, _days(), most=LONGEST)
    names = reports.titles(work, [one.article_id for one in rows])
    for one in rows:
        yield names.get(one.article_id, reports.GONE), one.read, one.contacts, _at(one.last_at)


def _stale(work: Work) -> Cells:
    why = query_text("why")
    days = reports.days_of(reports.UNREAD_DAYS, 180)
    for line in _all(lambda cursor: stale.page(work, why, days, cursor=cursor, limit=MOST)):
        row = line.article
        yield (
            line.text.title, row.helpful, row.unhelpful, " ".join(line.outdated),
            _at(row.review_due_at), _at(row.read_at), _at(row.updated_at),
        )  # fmt: skip


def _avoided(work: Work) -> Cells:
    outcome, days = reports.outcome_of(), _days()
    lines = list(_all(lambda cursor: avoided.page(work, days, outcome, cursor=cursor, limit=MOST)))
    names = reports.titles(work, [one.article_id for line in lines for one in line.shown])
    for line in lines:
        row = line.offer
        yield (
            _at(row.shown_at), row.place, "yes" if row.is_known else "no",
            "; ".join(names.get(one.article_id, reports.GONE) for one in line.shown),
            _at(row.opened_at), _at(row.declared_at), row.outcome or "waiting",
            _at(row.contact_at),
        )  # fmt: skip


_FILES: dict[str, tuple[Sequence[str], Callable[[Work], Cells]]] = {
    "nothing": (("Words", "Language", "Found nothing", "Last"), _nothing),
    "unopened": (("Words", "Language", "Found something", "Last"), _unopened),
    "before": (("Article", "Read", "Contacts after it", "Last"), _before),
    "stale": (
        ("Article", "Helpful", "Not helpful", "Behind its source", "Review", "Read", "Changed"),
        _stale,
    ),
    "avoided": (
        ("Shown", "Where", "Known customer", "Articles", "Opened", "Said so", "Outcome", "Contact"),
        _avoided,
    ),
}


def _all(page: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    """Page after page, up to a length that a spreadsheet still opens."""
    cursor: str | None = None
    for _ in range(LONGEST // MOST):
        found = page(cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def _days() -> int:
    return reports.days_of(reports.DAYS, 30)


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else ""
