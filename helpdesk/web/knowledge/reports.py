"""What readers looked for, read and were spared, for those who write: lists with their formula.

Each list is a page and a file. No list names a customer; a case opens for whoever may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response
from sqlalchemy import select

from helpdesk.core.work import Work, reading
from helpdesk.kb import asked, avoided, deflection, permissions, queries, readings, stale
from helpdesk.kb.models import Article
from helpdesk.web import doors
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door
from helpdesk.web.knowledge.frame import show
from helpdesk.web.knowledge.listing import DESK

DAYS = (7, 30, 90, 365)
UNREAD_DAYS = (90, 180, 365)
SHOWN = 100
SOLVED_MOST = 10
GONE = "An article that is gone"
OUTCOMES = {
    "solved": ("Contact avoided", "success", "circle-check"),
    "left": ("Read, then left", "quiet", "log-out"),
    "contact": ("Wrote all the same", "warning", "message-square-text"),
    "ignored": ("Opened nothing", "quiet", "eye-off"),
    "waiting": ("Not settled yet", "info", "hourglass"),
}
VIEWS = {"read": ("Read",), "declared": ("Said it answered",)}


@door.get("/reports/searches")
@allow(*DESK)
def report_searches() -> Response:
    kind = "unopened" if query_text("kind") == "unopened" else "nothing"
    days = days_of(DAYS, 30)
    with reading(doors.actor()) as work:
        ask = asked.nobody_opened if kind == "unopened" else asked.found_nothing
        return show(
            "report_searches.html",
            "report-searches",
            rows=ask(work, days, most=SHOWN),
            most=SHOWN,
            kind=kind,
            days=days,
            choices=_choices(DAYS),
            file=doors.with_query(f"/knowledge/reports/{kind}.csv", days=str(days)),
        )


@door.get("/reports/before")
@allow(*DESK)
def report_before() -> Response:
    days = days_of(DAYS, 30)
    with reading(doors.actor()) as work:
        rows = readings.before_contact(work, days, most=SHOWN)
        return show(
            "report_before.html",
            "report-before",
            rows=rows,
            titles=titles(work, [one.article_id for one in rows]),
            gone=GONE,
            hours=int(readings.WINDOW.total_seconds() // 3600),
            days=days,
            choices=_choices(DAYS),
            file=doors.with_query("/knowledge/reports/before.csv", days=str(days)),
        )


@door.get("/reports/before/<id:article_id>")
@allow(*DESK)
def report_before_rows(article_id: str) -> Response:
    """The readings behind one figure, with what was written after each."""
    with reading(doors.actor()) as work:
        permissions.get_article(work, article_id)
        page = readings.contacts_after(
            work, article_id, cursor=query_text("cursor") or None, limit=50
        )
        return show(
            "report_before_rows.html",
            "report-before",
            page=page,
            article_id=article_id,
            title=titles(work, [article_id]).get(article_id, GONE),
            older=doors.with_query(
                f"/knowledge/reports/before/{article_id}", cursor=page.next_cursor
            )
            if page.next_cursor
            else None,
        )


@door.get("/reports/stale")
@allow(*DESK)
def report_stale() -> Response:
    why = query_text("why") if query_text("why") in stale.REASONS else stale.REASONS[0]
    days = days_of(UNREAD_DAYS, 180)
    asked_for = {"why": why, "days": str(days)}
    with reading(doors.actor()) as work:
        page = stale.page(work, why, days, cursor=query_text("cursor") or None, limit=50)
        return show(
            "report_stale.html",
            "report-stale",
            page=page,
            why=why,
            days=days,
            choices=_choices(UNREAD_DAYS),
            older=doors.with_query("/knowledge/reports/stale", **asked_for, cursor=page.next_cursor)
            if page.next_cursor
            else None,
            file=doors.with_query("/knowledge/reports/stale.csv", **asked_for),
        )


@door.get("/reports/avoided")
@allow(*DESK)
def report_avoided() -> Response:
    outcome = outcome_of()
    days = days_of(DAYS, 30)
    asked_for = {"outcome": outcome, "days": str(days)}
    with reading(doors.actor()) as work:
        page = avoided.page(work, days, outcome, cursor=query_text("cursor") or None, limit=25)
        best = avoided.by_article(work, days, most=SOLVED_MOST)
        ids = [one.article_id for line in page.items for one in line.shown]
        return show(
            "report_avoided.html",
            "report-avoided",
            figures=avoided.figures(work, days),
            page=page,
            best=best,
            titles=titles(work, ids + [one for one, _ in best]),
            gone=GONE,
            outcomes=OUTCOMES,
            views=VIEWS,
            outcome=outcome,
            window=deflection.WINDOW.days,
            days=days,
            choices=_choices(DAYS),
            older=doors.with_query(
                "/knowledge/reports/avoided", **asked_for, cursor=page.next_cursor
            )
            if page.next_cursor
            else None,
            file=doors.with_query("/knowledge/reports/avoided.csv", **asked_for),
        )


def titles(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """By id what articles are called in their own language; those that are gone are missing."""
    wanted = select(Article).where(Article.id.in_(sorted(set(ids))))
    rows = work.session.scalars(wanted).all()
    return {line.article.id: line.text.title for line in queries.lines(work, rows)}


def outcome_of() -> str:
    """The rows that the address asks for; empty for all."""
    given = query_text("outcome")
    return given if given in OUTCOMES or given in VIEWS else ""


def days_of(offered: Sequence[int], usual: int) -> int:
    """The days that the address asks for, among those on offer."""
    given = query_text("days")
    return int(given) if given in {str(one) for one in offered} else usual


def _choices(offered: Sequence[int]) -> list[tuple[str, str]]:
    words = {7: "Last 7 days", 365: "Last year"}
    return [(str(one), words.get(one, f"Last {one} days")) for one in offered]
