"""The sections that a reader may enter, with their names and addresses in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from helpdesk.core.work import Work
from helpdesk.kb import addresses, locales, queries, sections, settings
from helpdesk.kb.models import Section
from helpdesk.kb.queries import Entry
from helpdesk.kb.reading import chain

ON_A_SHELF = 5


@dataclass(frozen=True, slots=True)
class Way:
    """A section as a link."""

    id: str
    name: str
    about: str
    href: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A section with the first of its articles and the sections in it; `more`: there are others."""

    way: Way
    entries: Sequence[Entry]
    more: bool
    below: Sequence[Shelf]


@dataclass(frozen=True, slots=True)
class Tree:
    """Read once for a page."""

    language: str
    rows: Mapping[str, Section]
    ways: Mapping[str, Way]

    def below(self, parent_id: str | None) -> list[Way]:
        return [self.ways[one.id] for one in self.rows.values() if one.parent_id == parent_id]

    def trail(self, section_id: str | None) -> list[Way]:
        """From the category down to this section."""
        return [self.ways[one.id] for one in reversed(chain(self.rows, section_id))]

    def shelves(self, work: Work, parent_id: str | None) -> list[Shelf]:
        """The sections of one place that have something to read, and those in them."""
        upper = [way.id for way in self.below(parent_id)]
        lower = [way.id for one in upper for way in self.below(one)]
        tops = queries.tops(work, [*upper, *lower], self.language, most=ON_A_SHELF + 1)
        return self._shelves(parent_id, tops, deep=True)

    def _shelves(
        self, parent_id: str | None, tops: Mapping[str, Sequence[Entry]], *, deep: bool
    ) -> list[Shelf]:
        found = []
        for way in self.below(parent_id):
            entries = tops.get(way.id, ())
            below = self._shelves(way.id, tops, deep=False) if deep else []
            if entries or below:
                more = len(entries) > ON_A_SHELF
                found.append(Shelf(way, entries[:ON_A_SHELF], more, below))
        return found


def tree(work: Work, language: str) -> Tree:
    site = settings.get(work).default_locale
    rows = {row.id: row for row in queries.open_sections(work)}
    current = addresses.current_of(work, "section", rows)
    ways = {}
    for row in rows.values():
        words = sections.named(row, language, site)
        there = [locale for one, locale in current if one == row.id]
        locale = locales.choose(language, site, "", there)
        slug = current.get((row.id, locale or ""), "")
        href = f"/help/{quote(language)}/sections/{quote(slug)}"
        ways[row.id] = Way(row.id, words.get("name", ""), words.get("description", ""), href)
    return Tree(language, rows, ways)
