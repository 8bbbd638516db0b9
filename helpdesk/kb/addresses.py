"""Addresses of articles and sections: in each language one is current, old ones lead on to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from helpdesk.core.db import insert_if_absent, table_of
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.kb import slugs
from helpdesk.kb.models import Slug

MOST_TRIES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What an address leads to; `is_current` False: there is a newer one to lead on to."""

    subject_id: str
    is_current: bool


def take(work: Work, kind: str, subject_id: str, locale: str, title: str) -> str:
    """An address made of a title, current from now on; the one before leads on to it."""
    base = slugs.slug(title, locale, instead=kind)
    for count in range(1, MOST_TRIES):
        made = slugs.numbered(base, count)
        if _hold(work, kind, subject_id, locale, made):
            return made
    return _take_any(work, kind, subject_id, locale, base)


def take_this(work: Work, kind: str, subject_id: str, locale: str, wanted: str) -> str:
    """An address as somebody wants it; Conflict (`slug_taken`) where it leads elsewhere."""
    made = slugs.slug(wanted, locale, instead="")
    if not made:
        raise Invalid(fields={"slug": "Use letters, digits and hyphens."})
    if not _hold(work, kind, subject_id, locale, made):
        raise Conflict("Another article has, or had, this address.", code="slug_taken")
    return made


def look_up(work: Work, kind: str, locale: str, slug: str) -> Found | None:
    row = work.session.get(Slug, (kind, locale, slug)) if 0 < len(slug) <= 90 else None
    return Found(row.subject_id, row.is_current) if row is not None else None


def look_up_anywhere(work: Work, kind: str, slug: str) -> Found | None:
    """The same for an address whose language was left out or changed by hand."""
    wanted = select(Slug).where(Slug.kind == kind, Slug.slug == slug).limit(1)
    row = work.session.scalar(wanted)
    return Found(row.subject_id, False) if row is not None else None


def current_of(work: Work, kind: str, subject_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """By (subject, language) the current address."""
    wanted = sorted(set(subject_ids))
    if not wanted:
        return {}
    rows = work.session.execute(
        select(Slug.subject_id, Slug.locale, Slug.slug).where(
            Slug.subject_id.in_(wanted), Slug.kind == kind, Slug.is_current
        )
    )
    return {(subject_id, locale): slug for subject_id, locale, slug in rows}


def forget(work: Work, subject_id: str) -> None:
    """For what is removed for good."""
    work.session.execute(delete(Slug).where(Slug.subject_id == subject_id))


def _hold(work: Work, kind: str, subject_id: str, locale: str, slug: str) -> bool:
    row = work.session.get(Slug, (kind, locale, slug))
    if row is None:
        values = {
            "kind": kind, "locale": locale, "slug": slug, "subject_id": subject_id,
            "is_current": False, "at": work.at,
        }  # fmt: skip
        if not insert_if_absent(work.session, Slug, values):
            return False
    elif row.subject_id != subject_id:
        return False
    _make_current(work, kind, subject_id, locale, slug)
    return True


def _make_current(work: Work, kind: str, subject_id: str, locale: str, slug: str) -> None:
    table = table_of(Slug)
    work.session.execute(
        update(Slug)
        .where(Slug.subject_id == subject_id, Slug.locale == locale, Slug.kind == kind)
        .values(is_current=table.c.slug == slug)
        .execution_options(synchronize_session="fetch")
    )


def _take_any(work: Work, kind: str, subject_id: str, locale: str, base: str) -> str:
    """Hundreds of the same title: the end of its id tells this one apart."""
    made = slugs.numbered(f"{base[:60]}-{subject_id[-12:]}", 1)
    _hold(work, kind, subject_id, locale, made)
    return made
