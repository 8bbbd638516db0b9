"""The tree of sections: categories, sections in them, their names, order and audience.

A section's audience bounds all that lies in it and below. Not for the articles (see `service`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.kb import addresses, locales, permissions, reading
from helpdesk.kb.events import SectionChanged
from helpdesk.kb.models import Article, Section, Segment

MOST = 500
DEEPEST = 4
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 500
FIELDS = frozenset({"parent_id", "names", "audience", "segment_id", "icon", "position"})
ABSENT = "This section does not exist."


def add_section(
    work: Work,
    *,
    names: Mapping[str, Mapping[str, str]],
    parent_id: str | None = None,
    audience: str = "public",
    segment_id: str | None = None,
    icon: str = "",
    position: int | None = None,
) -> Section:
    """A section at the end of its place (or at `position`). `names` {locale: {"name", ...}}."""
    permissions.require_set_up(work)
    there = permissions.sections_of(work)
    if len(there) >= MOST:
        raise Conflict(f"There are {MOST} sections, the most there can be.", code="too_many")
    audience_of(work, audience, segment_id)
    row = Section(
        id=new_id(),
        parent_id=_parent(there, parent_id, None),
        position=_next(there, parent_id) if position is None else _position(position),
        names=_names(names),
        audience=audience,
        segment_id=segment_id if audience == "segment" else None,
        icon=line(icon, "icon", longest=40),
        created_at=work.at,
        removed_at=None,
        version=1,
    )
    work.session.add(row)
    work.session.flush()
    _address(work, row, {})
    work.emit(SectionChanged(section_id=row.id))
    work.audit("article_section.added", "article_section", row.id, names=row.names)
    return row


def change_section(
    work: Work, section_id: str, *, version: int, changes: Mapping[str, Any]
) -> Section:
    """Set what is named; Conflict (`stale`) when it changed since `version`."""
    permissions.require_set_up(work)
    if unknown := set(changes) - FIELDS:
        raise Invalid(fields={min(unknown): "This can't be changed."})
    row = get_section(work, section_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this section meanwhile. Look again.", code="stale")
    before = {name: getattr(row, name) for name in FIELDS}
    wanted = _checked(work, row, changes)
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1
    work.session.flush()
    _address(work, row, before["names"])
    reach = bool(changed.keys() & {"audience", "segment_id", "parent_id"})
    work.emit(SectionChanged(section_id=row.id, reach=reach))
    work.audit(
        "article_section.changed", "article_section", row.id,
        changed={name: [before[name], value] for name, value in changed.items()},
    )  # fmt: skip
    return row


def order_sections(work: Work, parent_id: str | None, ids: Sequence[str]) -> None:
    """Put the sections of one place in this order; those that are not named follow."""
    permissions.require_set_up(work)
    there = [one for one in permissions.sections_of(work) if one.parent_id == parent_id]
    places = {section_id: at for at, section_id in enumerate(dict.fromkeys(ids))}
    for at, row in enumerate(
        sorted(there, key=lambda one: (places.get(one.id, MOST), one.position))
    ):
        if row.position != at:
            row.position = at
            row.version += 1
    work.session.flush()
    if there:
        # Of the place, or where that is the top of the tree, of one that stands there.
        work.emit(SectionChanged(section_id=parent_id or there[0].id))
    work.audit("article_section.ordered", "article_section", parent_id, order=list(places))


def remove_section(work: Work, section_id: str) -> None:
    """Conflict (`in_use`) while sections or articles lie in it, archived ones as well."""
    permissions.require_set_up(work)
    row = get_section(work, section_id, lock=True)
    below = select(Section.id).where(Section.parent_id == row.id, Section.removed_at.is_(None))
    inside = select(Article.id).where(Article.section_id == row.id)
    for wanted in (below, inside):
        if work.session.scalar(wanted.limit(1)) is not None:
            raise Conflict("Move what lies in this section first.", code="in_use")
    row.removed_at = work.at
    row.version += 1
    addresses.forget(work, row.id)
    work.emit(SectionChanged(section_id=row.id))
    work.audit("article_section.removed", "article_section", row.id, names=row.names)


def get_section(work: Work, section_id: str, *, lock: bool = False) -> Section:
    """For whoever may enter it; NotFound otherwise."""
    row = (
        work.session.get(Section, section_id, with_for_update=lock, populate_existing=lock)
        if is_id(section_id)
        else None
    )
    if row is None or row.removed_at is not None:
        raise NotFound(ABSENT)
    if not permissions.writes(work.actor):
        there = permissions.sections_of(work)
        if row.id in reading.closed_sections(there, permissions.reader_of(work)):
            raise NotFound(ABSENT)
    return row


def need_section(work: Work, section_id: str | None) -> str | None:
    """An id that articles may be put under; Invalid for one that is not there."""
    if section_id is None:
        return None
    row = work.session.get(Section, section_id) if is_id(section_id) else None
    if row is None or row.removed_at is not None:
        raise Invalid(fields={"section_id": "There is no such section."})
    return row.id


def audience_of(work: Work, audience: object, segment_id: str | None) -> None:
    """Invalid unless the words name an audience."""
    if audience not in reading.AUDIENCES:
        words = ", ".join(reading.AUDIENCES)
        raise Invalid(fields={"audience": f"Choose one of {words}."})
    if audience != "segment":
        return
    if segment_id is None or not is_id(segment_id) or work.session.get(Segment, segment_id) is None:
        raise Invalid(fields={"segment_id": "Choose a segment."})


def name_in(section: Section, locale: str, site: str) -> str:
    """What the section is called for a reader of this language."""
    return named(section, locale, site).get("name", "")


def named(section: Section, locale: str, site: str) -> Mapping[str, str]:
    """Name and description in the best language there is."""
    found = locales.choose(locale, site, "", section.names)
    return section.names[found] if found else {}


def _checked(work: Work, row: Section, changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if "names" in wanted:
        wanted["names"] = _names(wanted["names"])
    if "icon" in wanted:
        wanted["icon"] = line(wanted["icon"], "icon", longest=40)
    if "position" in wanted:
        wanted["position"] = _position(wanted["position"])
    if "parent_id" in wanted:
        wanted["parent_id"] = _parent(permissions.sections_of(work), wanted["parent_id"], row.id)
    if wanted.keys() & {"audience", "segment_id"}:
        audience = wanted.get("audience", row.audience)
        segment_id = wanted.get("segment_id", row.segment_id) if audience == "segment" else None
        audience_of(work, audience, segment_id)
        wanted |= {"audience": audience, "segment_id": segment_id}
    return wanted


def _parent(there: Sequence[Section], parent_id: str | None, own_id: str | None) -> str | None:
    if parent_id is None:
        return None
    by_id = {one.id: one for one in there}
    above = [one.id for one in reading.chain(by_id, parent_id)]
    if not above:
        raise Invalid(fields={"parent_id": "There is no such section."})
    if own_id in above:
        raise Invalid(fields={"parent_id": "A section can't lie in itself."})
    below = _height(there, own_id) if own_id is not None else 1
    if len(above) + below > DEEPEST:
        raise Invalid(fields={"parent_id": f"Sections lie at most {DEEPEST} deep."})
    return parent_id


def _height(there: Sequence[Section], section_id: str) -> int:
    children = [one.id for one in there if one.parent_id == section_id]
    return 1 + max((_height(there, child) for child in children), default=0)


def _next(there: Sequence[Section], parent_id: str | None) -> int:
    return max((one.position + 1 for one in there if one.parent_id == parent_id), default=0)


def _position(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10_000:
        raise Invalid(fields={"position": "Use a whole number from 0 on."})
    return value


def _names(names: object) -> dict[str, dict[str, str]]:
    if not isinstance(names, Mapping) or not names or len(names) > 60:
        raise Invalid(fields={"names": "Give the section a name."})
    kept: dict[str, dict[str, str]] = {}
    for locale, words in names.items():
        given = words if isinstance(words, Mapping) else {"name": words}
        name = line(given.get("name"), "names", longest=LONGEST_NAME, needed=True)
        about = line(given.get("description"), "names", longest=LONGEST_DESCRIPTION)
        kept[locales.code(locale, "names")] = {"name": name, "description": about}
    return kept


def _address(work: Work, row: Section, before: Mapping[str, Any]) -> None:
    """A new name is a new address; the old one leads on."""
    for locale, words in row.names.items():
        if before.get(locale, {}).get("name") != words["name"]:
            addresses.take(work, "section", row.id, locale, words["name"])


def count_articles(work: Work, *, live: bool = True) -> dict[str, int]:
    """By section how many articles the actor may read (live) or work on.

    Counted by audience off one index, and put together here: what somebody may read has no index.
    """
    wanted = select(Article.section_id, Article.audience, Article.segment_id, func.count())
    if live or not permissions.writes(work.actor):
        wanted = wanted.where(Article.is_live)
    reader = permissions.reader_of(work)
    closed = reading.closed_sections(permissions.sections_of(work), reader)
    counts: dict[str, int] = {}
    for section_id, audience, segment_id, count in work.session.execute(
        wanted.where(Article.section_id.is_not(None)).group_by(
            Article.section_id, Article.audience, Article.segment_id
        )
    ):
        if section_id not in closed and reading.fits(reader, audience, segment_id):
            counts[str(section_id)] = counts.get(str(section_id), 0) + count
    return counts
