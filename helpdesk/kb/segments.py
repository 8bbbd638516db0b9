"""Segments: which customers an article may be meant for, by their tags and organisations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line, tag_name
from helpdesk.customers.models import Organisation
from helpdesk.kb import permissions
from helpdesk.kb.models import Article, Section, Segment

MOST = 100
MOST_PARTS = 50


def list_segments(work: Work) -> Sequence[Segment]:
    permissions.require_writing(work)
    return work.session.scalars(select(Segment).order_by(Segment.name).limit(MOST)).all()


def get_segment(work: Work, segment_id: str, *, lock: bool = False) -> Segment:
    permissions.require_writing(work)
    found = (
        work.session.get(Segment, segment_id, with_for_update=lock) if is_id(segment_id) else None
    )
    if found is None:
        raise NotFound("This segment does not exist.")
    return found


def add_segment(
    work: Work,
    *,
    name: str,
    tags: Sequence[str] = (),
    organisation_ids: Sequence[str] = (),
    needs_both: bool = False,
) -> Segment:
    permissions.require_set_up(work)
    if (work.session.scalar(select(func.count()).select_from(Segment)) or 0) >= MOST:
        raise Conflict(f"There are {MOST} segments, the most there can be.", code="too_many")
    row = Segment(id=new_id(), version=1, needs_both=needs_both, name="", tags=[])
    _set(work, row, name, tags, organisation_ids)
    work.session.add(row)
    work.session.flush()
    work.audit("article_segment.added", "article_segment", row.id, name=row.name)
    return row


def change_segment(
    work: Work,
    segment_id: str,
    *,
    name: str,
    tags: Sequence[str],
    organisation_ids: Sequence[str],
    needs_both: bool,
    version: int,
) -> Segment:
    """The rule from now on; Conflict (`stale`) when it changed since `version`."""
    permissions.require_set_up(work)
    row = get_segment(work, segment_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this segment meanwhile. Look again.", code="stale")
    _set(work, row, name, tags, organisation_ids)
    row.needs_both = needs_both
    row.version += 1
    work.session.flush()
    work.audit(
        "article_segment.changed", "article_segment", row.id, name=row.name, tags=row.tags,
        organisation_ids=row.organisation_ids, needs_both=needs_both,
    )  # fmt: skip
    return row


def remove_segment(work: Work, segment_id: str) -> None:
    """Conflict (`in_use`) while an article or a section is meant for it."""
    permissions.require_set_up(work)
    row = get_segment(work, segment_id, lock=True)
    for table in (Article, Section):
        used = select(table.id).where(table.segment_id == row.id).limit(1)
        if work.session.scalar(used) is not None:
            raise Conflict("Articles or sections are meant for this segment.", code="in_use")
    work.session.delete(row)
    work.audit("article_segment.removed", "article_segment", row.id, name=row.name)


def _set(
    work: Work, row: Segment, name: str, tags: Sequence[str], organisation_ids: Sequence[str]
) -> None:
    row.name = line(name, "name", longest=80, needed=True)
    row.tags = list(dict.fromkeys(tag_name(tag) for tag in tags))
    row.organisation_ids = list(dict.fromkeys(organisation_ids))
    if not (row.tags or row.organisation_ids):
        raise Invalid(fields={"tags": "Name a tag or an organisation."})
    if len(row.tags) > MOST_PARTS or len(row.organisation_ids) > MOST_PARTS:
        raise Invalid(fields={"tags": f"Name at most {MOST_PARTS} of each."})
    known = select(func.count()).where(Organisation.id.in_(row.organisation_ids))
    if not all(is_id(one) for one in row.organisation_ids) or (
        row.organisation_ids and work.session.scalar(known) != len(row.organisation_ids)
    ):
        raise Invalid(fields={"organisation_ids": "There is no such organisation."})
    same = select(Segment.id).where(Segment.name == row.name, Segment.id != row.id)
    if work.session.scalar(same) is not None:
        raise Conflict("There is a segment of this name already.", code="name_taken")
