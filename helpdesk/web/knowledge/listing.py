"""The list of articles with its filters, and a new article."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.languages import name_of
from helpdesk.identity import queries as people
from helpdesk.kb import queries, ratings, service, settings
from helpdesk.kb.queries import Filter, Line
from helpdesk.kb.workflow import STATES
from helpdesk.web import doors
from helpdesk.web.admin import forms
from helpdesk.web.admin.frame import refusal
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door, frame
from helpdesk.web.knowledge.frame import show
from helpdesk.workflows import articles_found, knowledge

DESK = ("agent", "supervisor", "admin")
NEW = forms.Shape(texts=("title", "section_id", "audience", "locale"))


@door.get("")
@allow(*DESK)
def articles() -> Response:
    names = ("q", "view", "section", "audience", "label", "locale")
    given = {name: query_text(name) for name in names}
    with reading(doors.actor()) as work:
        found, said = _found(work, given)
        there = frame.section_choices(work)
        return show(
            "articles.html",
            f"view-{given['view'] or 'all'}",
            page=found,
            said=said,
            hits={one.id: one for one in said.hits},
            given=given,
            waiting=ratings.count_open(work, work.actor.id),
            sections=there,
            sections_by_id=dict(there),
            locales=settings.get(work).locales,
            names=people.names(work, [one.article.owner_id or "" for one in found.items]),
            older=doors.with_query("/knowledge", **given, cursor=found.next_cursor or "")
            if found.next_cursor
            else None,
        )


@door.get("/new")
@allow(*DESK)
def new_article() -> Response:
    with reading(doors.actor()) as work:
        values = {
            "title": query_text("title"),
            "section_id": query_text("section"),
            "audience": "public",
            "locale": settings.get(work).default_locale,
        }
        return _new(work, values)


@door.post("/new")
@allow(*DESK)
def add_article() -> Response:
    given = forms.read(NEW)
    values = given.values
    try:
        with begin(doors.actor()) as work:
            row = service.add_article(
                work,
                title=values["title"],
                section_id=values["section_id"] or None,
                audience=values["audience"],
                locale=values["locale"] or None,
            )
            article_id = row.id
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _new(work, values, error.status, **refusal(error))
    return doors.go(f"/knowledge/{article_id}")


@door.post("/from-ticket/<id:ticket_id>")
@allow(*DESK)
def write_from_ticket(ticket_id: str) -> Response:
    """A draft with what was asked and answered, opened for its author to make an article of."""
    with begin(doors.actor()) as work:
        article_id = knowledge.write_from_ticket(work, ticket_id).id
    return doors.go(f"/knowledge/{article_id}?note=begun")


def _new(work: Work, values: dict[str, Any], status: int = 200, **extra: Any) -> Response:
    return show(
        "article_new.html",
        "new",
        status,
        form=values,
        sections=frame.section_choices(work),
        locales=settings.get(work).locales,
        locale_choices=[(one, name_of(one)) for one in settings.get(work).locales],
        **extra,
    )


def _found(work: Work, given: dict[str, str]) -> tuple[Page[Line], articles_found.Found]:
    """The list, or what fits the words that were looked for."""
    wanted = _filter(work, given)
    if not given["q"]:
        page = queries.page(work, wanted, cursor=query_text("cursor") or None, limit=50)
        return page, articles_found.Found()
    said = articles_found.find_written(work, given["q"])
    return Page(queries.among(work, wanted, [one.id for one in said.hits]), None), said


def _filter(work: Work, given: dict[str, str]) -> Filter:
    view = given["view"]
    return Filter(
        state=view if view in STATES else None,
        owner_id=work.actor.id if view == "mine" else None,
        is_due=view == "due",
        section_id=given["section"] if is_id(given["section"]) else None,
        audience=given["audience"] or None,
        label=given["label"].lower() or None,
        missing=given["locale"] or None,
    )
