"""Sections in their order, who may read what, languages: what supervisors and admins set up.

Also the remarks of readers, which are work for whoever owns the article.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import queries as customers
from helpdesk.identity import queries as people
from helpdesk.kb import permissions, ratings, sections, segments, settings
from helpdesk.kb.models import Section
from helpdesk.search import synonyms
from helpdesk.web import doors
from helpdesk.web.admin import forms
from helpdesk.web.admin.frame import refusal
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door, frame
from helpdesk.web.knowledge.frame import show
from helpdesk.web.knowledge.listing import DESK
from helpdesk.workflows import articles_meant

SUPERVISE = ("supervisor", "admin")
SECTION = forms.Shape(texts=("parent_id", "audience", "segment_id"), maps=("name", "about"))
SEGMENT = forms.Shape(texts=("name", "tags", "organisations"), flags=("needs_both",))
SETTINGS = forms.Shape(
    texts=(
        "locales", "default_locale", "agents_publish", "review_every_days", "contact_cost",
        "currency",
    ),
    flags=("by_meaning",),
)  # fmt: skip


@door.get("/remarks")
@allow(*DESK)
def remarks() -> Response:
    own = query_text("whose") != "all"
    with reading(doors.actor()) as work:
        found = ratings.page_of_remarks(
            work,
            owner_id=work.actor.id if own else None,
            cursor=query_text("cursor") or None,
            limit=50,
        )
        return show(
            "remarks.html",
            "remarks",
            page=found,
            own=own,
            older=doors.with_query(
                "/knowledge/remarks", whose="" if own else "all", cursor=found.next_cursor
            )
            if found.next_cursor
            else None,
            titles=ratings.languages_of(work, found.items),
            colleagues=people.colleagues(work),
            names=people.names(work, [one.owner_id or "" for one in found.items]),
        )


@door.post("/remarks/<id:remark_id>")
@allow(*DESK)
def work_on_remark(remark_id: str) -> Response:
    """Ended with an outcome, or handed to a colleague."""
    outcome, user_id = request.form.get("outcome", ""), request.form.get("user_id", "")
    with begin(doors.actor()) as work:
        if outcome:
            ratings.end_remark(work, remark_id, outcome)
        else:
            ratings.give_remark(work, remark_id, user_id)
    if is_id(article := request.form.get("article", "")):
        return doors.go(f"/knowledge/{article}?note=done")
    whose = "all" if request.form.get("whose") == "all" else ""
    note = "done" if outcome else "given"
    return doors.go(doors.with_query("/knowledge/remarks", whose=whose, note=note))


@door.get("/sections")
@allow(*SUPERVISE)
def section_list() -> Response:
    with reading(doors.actor()) as work:
        site = settings.get(work).default_locale
        tree = frame.section_tree(work, site)
        return show(
            "sections.html",
            "sections",
            tree=tree,
            counts=sections.count_articles(work, live=False),
            neighbours=_neighbours(tree),
        )


@door.post("/sections/order")
@allow(*SUPERVISE)
def order_sections() -> Response:
    ids = [one for one in request.form.get("ids", "").split(",") if is_id(one)]
    with begin(doors.actor()) as work:
        parent = sections.get_section(work, ids[0]).parent_id if ids else None
        sections.order_sections(work, parent, ids)
    return doors.go("/knowledge/sections")


@door.get("/sections/new")
@allow(*SUPERVISE)
def new_section() -> Response:
    with reading(doors.actor()) as work:
        parent = query_text("in")
        values = {
            "parent_id": parent if is_id(parent) else "", "audience": "public", "segment_id": "",
            "name": {}, "about": {},
        }  # fmt: skip
        return _section(work, None, values)


@door.post("/sections/new")
@allow(*SUPERVISE)
def add_section() -> Response:
    given = forms.read(SECTION)
    try:
        with begin(doors.actor()) as work:
            facts = _section_facts(given.values)
            sections.add_section(work, **facts)
    except (Invalid, Conflict) as error:
        return _section_again(None, given, error)
    return doors.go("/knowledge/sections?note=added")


@door.get("/sections/<id:section_id>")
@allow(*SUPERVISE)
def section(section_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = sections.get_section(work, section_id)
        return _section(work, row, _section_values(row))


@door.post("/sections/<id:section_id>")
@allow(*SUPERVISE)
def save_section(section_id: str) -> Response:
    given = forms.read(SECTION)
    try:
        with begin(doors.actor()) as work:
            facts = _section_facts(given.values)
            sections.change_section(work, section_id, version=given.version, changes=facts)
    except (Invalid, Conflict) as error:
        return _section_again(section_id, given, error)
    return doors.go("/knowledge/sections?note=details")


@door.post("/sections/<id:section_id>/remove")
@allow(*SUPERVISE)
def remove_section(section_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            sections.remove_section(work, section_id)
    except Conflict as error:
        with reading(doors.actor()) as work:
            row = sections.get_section(work, section_id)
            return _section(work, row, _section_values(row), error.status, message=error.message)
    return doors.go("/knowledge/sections?note=removed")


@door.get("/segments")
@allow(*SUPERVISE)
def segment_list() -> Response:
    with reading(doors.actor()) as work:
        return _segments(work)


@door.post("/segments")
@allow(*SUPERVISE)
def add_segment() -> Response:
    given = forms.read(SEGMENT)
    try:
        with begin(doors.actor()) as work:
            segments.add_segment(work, **_segment_facts(work, given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _segments(work, error.status, form=given.values, **refusal(error))
    return doors.go("/knowledge/segments?note=added")


@door.post("/segments/<id:segment_id>")
@allow(*SUPERVISE)
def save_segment(segment_id: str) -> Response:
    given = forms.read(SEGMENT)
    try:
        with begin(doors.actor()) as work:
            facts = _segment_facts(work, given.values)
            segments.change_segment(work, segment_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            told = refusal(error)
            message = told["message"] or " ".join(told["errors"].values())
            return _segments(work, error.status, message=message)
    return doors.go("/knowledge/segments?note=details")


@door.post("/segments/<id:segment_id>/remove")
@allow(*SUPERVISE)
def remove_segment(segment_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            segments.remove_segment(work, segment_id)
    except Conflict as error:
        with reading(doors.actor()) as work:
            return _segments(work, error.status, message=error.message)
    return doors.go("/knowledge/segments?note=removed")


@door.get("/synonyms")
@allow("admin")
def synonym_list() -> Response:
    with reading(doors.actor()) as work:
        return _synonyms(work)


@door.post("/synonyms")
@allow("admin")
def keep_synonyms() -> Response:
    """A group of words that mean the same: a new one, or in the place of another."""
    group_id, said = request.form.get("id", ""), request.form.get("words", "")[:4_000]
    try:
        with begin(doors.actor()) as work:
            synonyms.keep(work, said.split(","), group_id if is_id(group_id) else None)
    except Invalid as error:
        with reading(doors.actor()) as work:
            told = refusal(error)
            return _synonyms(work, error.status, said=said, at=group_id, **told)
    return doors.go(f"/knowledge/synonyms?note={'details' if group_id else 'added'}")


@door.post("/synonyms/<id:group_id>/remove")
@allow("admin")
def remove_synonyms(group_id: str) -> Response:
    with begin(doors.actor()) as work:
        synonyms.remove(work, group_id)
    return doors.go("/knowledge/synonyms?note=removed")


@door.get("/settings")
@allow("admin")
def knowledge_settings() -> Response:
    with reading(doors.actor()) as work:
        return _settings(work)


@door.post("/settings")
@allow("admin")
def save_knowledge_settings() -> Response:
    given = forms.read(SETTINGS)
    values = given.values
    days = values["review_every_days"]
    try:
        with begin(doors.actor()) as work:
            articles_meant.set_up(
                work,
                {
                    "locales": [one for one in values["locales"].replace(",", " ").split() if one],
                    "default_locale": values["default_locale"],
                    "agents_publish": values["agents_publish"],
                    "review_every_days": forms.whole(days, 0) if days else None,
                    "contact_cents": settings.cents(values["contact_cost"]),
                    "currency": values["currency"].upper() or settings.CURRENCY,
                    "by_meaning": bool(values["by_meaning"]),
                },
            )
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _settings(work, error.status, form=values, **refusal(error))
    return doors.go("/knowledge/settings?note=details")


def _section(
    work: Work, row: Section | None, values: dict[str, Any], status: int = 200, **extra: Any
) -> Response:
    site = settings.get(work)
    known = list(dict.fromkeys([site.default_locale, *site.locales, *values["name"]]))
    return show(
        "section.html",
        "sections",
        status,
        row=row,
        form=values,
        locales=known,
        parents=[one for one in frame.section_choices(work) if row is None or one[0] != row.id],
        segments=forms.choices(segments.list_segments(work)),
        **extra,
    )


def _section_again(section_id: str | None, given: forms.Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = sections.get_section(work, section_id) if section_id else None
        return _section(work, row, given.values, error.status, **refusal(error))


def _section_values(row: Section) -> dict[str, Any]:
    return {
        "parent_id": row.parent_id or "",
        "audience": row.audience,
        "segment_id": row.segment_id or "",
        "name": {locale: words["name"] for locale, words in row.names.items()},
        "about": {locale: words["description"] for locale, words in row.names.items()},
    }


def _section_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "parent_id": values["parent_id"] or None,
        "audience": values["audience"],
        "segment_id": values["segment_id"] or None,
        "names": {
            locale: {"name": name, "description": values["about"].get(locale, "")}
            for locale, name in values["name"].items()
        },
    }


def _neighbours(tree: list[tuple[Section, list[str]]]) -> dict[str, tuple[str, str]]:
    """By section the order of its place after a move up, and after a move down."""
    places: dict[str | None, list[str]] = {}
    for row, _ in tree:
        places.setdefault(row.parent_id, []).append(row.id)
    found = {}
    for ids in places.values():
        for at, one in enumerate(ids):
            found[one] = (forms.swapped(ids, at, at - 1), forms.swapped(ids, at, at + 1))
    return found


def _segments(work: Work, status: int = 200, **extra: Any) -> Response:
    permissions.require_set_up(work)
    rows = segments.list_segments(work)
    known = customers.organisation_names(work, [one for r in rows for one in r.organisation_ids])
    blank = {"name": "", "tags": "", "organisations": "", "needs_both": ""}
    return show(
        "segments.html", "segments", status, rows=rows, known=known, **{"form": blank, **extra}
    )


def _segment_facts(work: Work, values: Mapping[str, Any]) -> dict[str, Any]:
    """Organisations come as names, one a line; a name that is not known is refused."""
    given = [one.strip() for one in values["organisations"].splitlines() if one.strip()]
    by_name = customers.organisations_by_name(work, given)
    if unknown := [one for one in given if one.lower() not in by_name]:
        raise Invalid(fields={"organisations": f"There is no organisation “{unknown[0]}”."})
    return {
        "name": values["name"],
        "tags": [one.strip() for one in values["tags"].split(",") if one.strip()],
        "organisation_ids": [by_name[one.lower()] for one in given],
        "needs_both": bool(values["needs_both"]),
    }


def _synonyms(work: Work, status: int = 200, **extra: Any) -> Response:
    values = {"said": "", "at": "", **extra}
    return show("synonyms.html", "synonyms", status, rows=synonyms.groups(work), **values)


def _settings(work: Work, status: int = 200, **extra: Any) -> Response:
    now = settings.get(work)
    values = {
        "locales": " ".join(now.locales),
        "default_locale": now.default_locale,
        "agents_publish": now.agents_publish,
        "review_every_days": str(now.review_every_days or ""),
        "contact_cost": f"{now.contact_cents / 100:.2f}" if now.contact_cents else "",
        "currency": now.currency,
        "by_meaning": now.by_meaning,
    }
    return show(
        "settings.html",
        "settings",
        status,
        meaning=articles_meant.state(work),
        **{"form": values, **extra},
    )
