"""Reads for the screens: the imports, one's problems, and what records of other desks became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select, tuple_

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.imports.models import Import, ImportLink, ImportProblem

AT_ONCE = 500


def newest(work: Work, *, most: int = 50) -> Sequence[Import]:
    return work.session.scalars(
        select(Import).order_by(Import.created_at.desc(), Import.id.desc()).limit(most)
    ).all()


def page_of_problems(
    work: Work, import_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[ImportProblem]:
    """In the order of the file."""
    most = clamp_limit(limit)
    statement = select(ImportProblem).where(ImportProblem.import_id == import_id)
    rows = work.session.scalars(
        keyset(statement, [ImportProblem.id], cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.id])


def all_problems(work: Work, import_id: str) -> Iterator[ImportProblem]:
    after: str | None = None
    while True:
        page = page_of_problems(work, import_id, cursor=after, limit=100)
        yield from page.items
        after = page.next_cursor
        if after is None:
            return


def links(
    work: Work, origins: Sequence[str], wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str | None, str]]:
    """By (kind, external id) what it became here and its name; what is unknown is missing."""
    pairs = sorted({(kind, id_) for kind, id_ in wanted if id_})
    found: dict[tuple[str, str], tuple[str | None, str]] = {}
    for start in range(0, len(pairs), AT_ONCE):
        rows = work.session.execute(
            select(
                ImportLink.kind, ImportLink.external_id, ImportLink.own_id, ImportLink.name
            ).where(
                ImportLink.origin.in_(origins),
                tuple_(ImportLink.kind, ImportLink.external_id).in_(pairs[start : start + AT_ONCE]),
            )
        )
        found |= {(kind, id_): (own_id, name) for kind, id_, own_id, name in rows}
    return found


def anything_left(work: Work) -> bool:
    """Whether any import has not ended."""
    statement = select(Import.id).where(Import.state.in_(("waiting", "staging", "running")))
    return work.session.scalar(statement.limit(1)) is not None
