"""What articles of other systems are turned into: places, pieces and their languages. Pure.

Markdown holds marks for what is not known yet: `import-file:0` is the first of `files`,
`import-article:0` the first of `links` (ids of the other system). A record that can't be used
raises `RowProblem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.imports import records
from helpdesk.imports.records import File, RowProblem

FILE_MARK = "import-file"
ARTICLE_MARK = "import-article"
LONGEST_TITLE = 200
LONGEST_BODY = 200_000
_AUDIENCES = {
    "public": "public", "everyone": "public", "everybody": "public", "anyone": "public",
    "signed_in": "signed_in", "signed-in": "signed_in", "users": "signed_in",
    "customers": "signed_in", "internal": "internal", "private": "internal", "agents": "internal",
    "staff": "internal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A category or section; `names` is its name by language ("" for the usual one)."""

    external_id: str
    name: str
    locale: str = ""
    description: str = ""
    parent_id: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Language:
    """An article's words in one language; `article_id` where they come alone."""

    locale: str
    title: str
    body: str
    summary: str = ""
    slug: str = ""
    article_id: str = ""
    is_published: bool = True
    files: tuple[File, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """An article; the first of `languages` is the one it was written in."""

    external_id: str
    languages: Sequence[Language]
    section_id: str = ""
    audience: str = "public"
    is_published: bool = True
    labels: tuple[str, ...] = ()
    owner_email: str = ""
    position: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None


Record = Place | Piece | Language


def locale(value: Any) -> str:
    """A language code as it stands there; empty for none, RowProblem for something else."""
    if value in (None, ""):
        return ""
    found = records.language(value)
    if found is None:
        raise RowProblem(f"Its language is not known: {str(value)[:40]}")
    return found


def title(value: Any) -> str:
    kept = records.line(value, "title", LONGEST_TITLE, cut=True)
    return records.needed(kept, "It has no title.")


def body(text: str) -> str:
    if len(text) > LONGEST_BODY:
        raise RowProblem(f"Its text is longer than {LONGEST_BODY:,} characters.")
    return text


def audience(value: Any) -> str:
    """One of ours; what is not said is public, a word that is not known is a problem."""
    if value in (None, ""):
        return "public"
    found = _AUDIENCES.get(str(value).strip().lower())
    if found is None:
        raise RowProblem(f"Its audience is not known here: {str(value)[:40]}")
    return found


def position(value: Any) -> int:
    try:
        return max(0, min(9_999, int(value)))
    except (TypeError, ValueError, OverflowError):
        return 0
