"""Sections of articles over the API, and the segments of customers that articles are meant for."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.work import Work
from helpdesk.kb import permissions, queries, sections, segments
from helpdesk.kb.models import Section, Segment
from helpdesk.web.api.articles import READERS, Audience, Locale
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Id,
    Listed,
    Paged,
    Version,
    View,
    given,
    listed,
    page_of_few,
)
from helpdesk.web.bodies import Body

Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=50)]
Ids = Annotated[list[Id], Meta(max_length=50)]


class SectionName(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    description: Annotated[str, Meta(max_length=500)] = ""


Names = Annotated[
    dict[Locale, SectionName],
    Meta(min_length=1, max_length=50, examples=[{"en": {"name": "Billing"}}]),
]
Place = Annotated[int, Meta(ge=0, le=9_999)]


class SectionView(View):
    """A place for articles; without `parent_id` it is a category. `names` by language.

    `audience` bounds all that lies in it; null for whoever does not work at the desk.
    """

    id: str
    parent_id: str | None
    position: int
    names: dict[str, dict[str, str]]
    audience: str | None
    segment_id: str | None
    icon: str
    version: int


class NewSection(Body, frozen=True):
    names: Names
    parent_id: Id | None = None
    audience: Audience = "public"
    segment_id: Id | None = None
    icon: Annotated[str, Meta(max_length=40)] = ""
    position: Place | None = None


class SectionChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    names: Names | UnsetType = UNSET
    parent_id: Id | UnsetType | None = UNSET
    audience: Audience | UnsetType = UNSET
    segment_id: Id | UnsetType | None = UNSET
    icon: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    position: Place | UnsetType = UNSET


class SegmentView(View):
    """Customers with one of the tags or of one of the organisations; `needs_both` of them."""

    id: str
    name: str
    tags: list[str]
    organisation_ids: list[str]
    needs_both: bool
    version: int


class NewSegment(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    tags: Tags = field(default_factory=list)
    organisation_ids: Ids = field(default_factory=list)
    needs_both: bool = False


class SegmentChange(NewSegment, frozen=True, kw_only=True):
    version: Version | UnsetType = UNSET


@operation("GET", "/article-sections", who=READERS, query=Paged, gives=Listed[SectionView])
def list_article_sections(work: Work, query: Paged) -> Listed[SectionView]:
    """List the sections that the caller may enter."""
    found = queries.open_sections(work)
    page = page_of_few(found, query, lambda row: (f"{row.position:05}", row.id))
    return listed(page, [_section(work, row) for row in page.items])


@operation(
    "POST", "/article-sections", who=SUPERVISE, body=NewSection, gives=SectionView, status=201
)
def add_article_section(work: Work, body: NewSection) -> SectionView:
    """Add a category or a section."""
    return _section(work, sections.add_section(work, **_plain(given(body))))


@operation("GET", "/article-sections/<id:section_id>", who=READERS, gives=SectionView)
def get_article_section(work: Work, section_id: str) -> SectionView:
    """Get one section."""
    return _section(work, sections.get_section(work, section_id))


@operation(
    "PATCH", "/article-sections/<id:section_id>", who=SUPERVISE, body=SectionChange,
    gives=SectionView, versioned=True,
)  # fmt: skip
def change_article_section(work: Work, section_id: str, body: SectionChange) -> SectionView:
    """Change a section; `names` replaces all of them."""
    changes = _plain(given(body, "version"))
    version = version_asked(body.version)
    return _section(
        work, sections.change_section(work, section_id, version=version, changes=changes)
    )


@operation("DELETE", "/article-sections/<id:section_id>", who=SUPERVISE)
def remove_article_section(work: Work, section_id: str) -> None:
    """Remove an empty section; 409 `in_use` while something lies in it."""
    sections.remove_section(work, section_id)


@operation("GET", "/article-segments", who=DESK, query=Paged, gives=Listed[SegmentView])
def list_article_segments(work: Work, query: Paged) -> Listed[SegmentView]:
    """List the segments that articles can be meant for."""
    page = page_of_few(segments.list_segments(work), query, lambda row: (row.name, row.id))
    return listed(page, [_segment(row) for row in page.items])


@operation(
    "POST", "/article-segments", who=SUPERVISE, body=NewSegment, gives=SegmentView, status=201
)
def add_article_segment(work: Work, body: NewSegment) -> SegmentView:
    """Add a segment by tags and organisations of customers."""
    return _segment(segments.add_segment(work, **given(body)))


@operation(
    "PUT", "/article-segments/<id:segment_id>", who=SUPERVISE, body=SegmentChange,
    gives=SegmentView, versioned=True,
)  # fmt: skip
def change_article_segment(work: Work, segment_id: str, body: SegmentChange) -> SegmentView:
    """Change a segment as a whole."""
    version = version_asked(body.version)
    return _segment(
        segments.change_segment(work, segment_id, **given(body, "version"), version=version)
    )


@operation("DELETE", "/article-segments/<id:segment_id>", who=SUPERVISE)
def remove_article_segment(work: Work, segment_id: str) -> None:
    """Remove a segment; 409 `in_use` while an article or a section is meant for it."""
    segments.remove_segment(work, segment_id)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    if "names" in values:
        values["names"] = {
            locale: {"name": one.name, "description": one.description}
            for locale, one in values["names"].items()
        }
    return values


def _section(work: Work, row: Section) -> SectionView:
    names = SectionView.__struct_fields__
    view = SectionView(**{name: getattr(row, name) for name in names})
    if not permissions.writes(work.actor):
        view.audience = view.segment_id = None
    return view


def _segment(row: Segment) -> SegmentView:
    names = SegmentView.__struct_fields__
    return SegmentView(**{name: getattr(row, name) for name in names})
