"""Who may read what: audiences, from the widest to the narrowest, and readers who fit them.

Pure. A section's audience bounds what lies in it. Not for what is asked of the database (see
`permissions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Audience = Literal["public", "signed_in", "segment", "internal"]
AUDIENCES: tuple[Audience, ...] = ("public", "signed_in", "segment", "internal")


@dataclass(frozen=True, slots=True)
class Reader:
    """`is_staff` reads everything that is live; `segments` are those the customer fits."""

    signed_in: bool = False
    is_staff: bool = False
    segments: frozenset[str] = frozenset()


ANYBODY = Reader()
STAFF = Reader(signed_in=True, is_staff=True)


class Guarded(Protocol):
    """An article or a section."""

    @property
    def audience(self) -> str: ...
    @property
    def segment_id(self) -> str | None: ...


class Placed(Guarded, Protocol):
    """A section in its tree."""

    @property
    def id(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A segment's: one of the tags, or one of the organisations; `needs_both` that are given."""

    id: str
    tags: frozenset[str]
    organisation_ids: frozenset[str]
    needs_both: bool = False


def fits(reader: Reader, audience: str, segment_id: str | None) -> bool:
    """Whether the reader belongs to the audience. A word that is not known lets nobody in."""
    if reader.is_staff or audience == "public":
        return True
    if audience == "signed_in":
        return reader.signed_in
    return audience == "segment" and segment_id is not None and segment_id in reader.segments


def belongs(rule: Rule, tags: Iterable[str], organisation_id: str | None) -> bool:
    """Whether a customer with these tags, of this organisation, is in the segment."""
    by_tag = not rule.tags.isdisjoint(tags)
    by_organisation = organisation_id in rule.organisation_ids
    if rule.needs_both and rule.tags and rule.organisation_ids:
        return by_tag and by_organisation
    return by_tag or by_organisation


def chain(sections: Mapping[str, Placed], section_id: str | None) -> list[Placed]:
    """The section and those above it, the nearest first; a circle ends it."""
    found: list[Placed] = []
    seen: set[str] = set()
    while section_id is not None and section_id not in seen and section_id in sections:
        seen.add(section_id)
        found.append(sections[section_id])
        section_id = sections[section_id].parent_id
    return found


def closed_sections(sections: Sequence[Placed], reader: Reader) -> frozenset[str]:
    """The sections that the reader may not enter, or what lies above them."""
    by_id = {one.id: one for one in sections}
    return frozenset(
        one.id
        for one in sections
        if not all(fits(reader, up.audience, up.segment_id) for up in chain(by_id, one.id))
    )


def narrowest(guards: Iterable[Guarded]) -> Audience:
    """The audience that all of these together leave (for what may be shown to whom at all)."""
    words = {one.audience for one in guards}
    for audience in reversed(AUDIENCES):
        if audience in words:
            return audience
    return "public"
