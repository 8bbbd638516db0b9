"""A posting for each term of each article, and how many articles of a shelf have a term how well.

The same articles are proposed on both databases, in the same order: whole groups of postings are
read, and sums are of whole numbers. Who may write is for `articles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from helpdesk.search.given import NUMBER, SMALL, TEXT, Given
from helpdesk.search.tiers import Group

Posting = tuple[int, str, int, int]
"""Shelf, term, tier, number of the article."""

_POST = Given(
    """INSERT INTO search_posting (shelf, term, tier, number)
    SELECT shelf, term, tier, number FROM {rows}""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
    number=NUMBER,
)
_UNPOST = {
    "sqlite": Given(
        """DELETE FROM search_posting WHERE (shelf, term, tier, number) IN
            (SELECT shelf, term, tier, number FROM {rows})""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        number=NUMBER,
    ),
    "postgresql": Given(
        """DELETE FROM search_posting USING {rows}
        WHERE search_posting.shelf = given.shelf AND search_posting.term = given.term
            AND search_posting.tier = given.tier AND search_posting.number = given.number""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        number=NUMBER,
    ),
}
_COUNT_TERMS = Given(
    """INSERT INTO search_term (shelf, term, tier, documents)
    SELECT shelf, term, tier, documents FROM {rows} WHERE true
    ON CONFLICT (shelf, term, tier)
    DO UPDATE SET documents = search_term.documents + excluded.documents""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
    documents=NUMBER,
)
_FORGET_TERMS = Given(
    """DELETE FROM search_term WHERE documents <= 0 AND (shelf, term, tier) IN
        (SELECT shelf, term, tier FROM {rows})""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
)
_GROUPS = Given(
    """SELECT kept.shelf, kept.term, kept.tier, kept.documents FROM {rows}
    JOIN search_term AS kept ON kept.shelf = given.shelf AND kept.term = given.term""",
    shelf=SMALL,
    term=TEXT,
)
# Each group is looked up by itself, however many rows a planner may expect.
_GAINS = {
    "sqlite": """SELECT kept.number AS number, SUM(given.weight) AS gain FROM {rows}
        CROSS JOIN search_posting AS kept ON kept.shelf = given.shelf
            AND kept.term = given.term AND kept.tier = given.tier
        GROUP BY kept.number""",
    "postgresql": """SELECT kept.number AS number, SUM(given.weight) AS gain FROM {rows}
        CROSS JOIN LATERAL (SELECT number FROM search_posting
            WHERE shelf = given.shelf AND term = given.term AND tier = given.tier
            OFFSET 0) AS kept
        GROUP BY kept.number""",
}
_BEST = "{gains} ORDER BY gain DESC, number LIMIT :most"
_BEST_OF_SECTION = """SELECT gains.number, gain FROM ({gains}) AS gains
    JOIN search_article ON search_article.number = gains.number
    WHERE search_article.sections LIKE :section ESCAPE '!'
    ORDER BY gain DESC, gains.number LIMIT :most"""


def _gaining(statement: str) -> dict[str, Given]:
    return {
        dialect: Given(
            statement.replace("{gains}", gains), shelf=SMALL, term=TEXT, tier=SMALL, weight=NUMBER
        )
        for dialect, gains in _GAINS.items()
    }


_CANDIDATES, _CANDIDATES_OF_SECTION = _gaining(_BEST), _gaining(_BEST_OF_SECTION)


def post(session: Session, rows: Sequence[Posting]) -> None:
    _POST.run(session, sorted(rows))


def take_away(session: Session, rows: Sequence[Posting]) -> None:
    _UNPOST[session.get_bind().dialect.name].run(session, sorted(rows))


def count_terms(session: Session, changes: Mapping[tuple[int, str, int], int]) -> None:
    """Add to how many articles have a term so well; what nobody has any more is forgotten."""
    changed = sorted((key, more) for key, more in changes.items() if more)
    _COUNT_TERMS.run(session, [(*key, more) for key, more in changed])
    _FORGET_TERMS.run(session, [key for key, more in changed if more < 0])


def groups(
    session: Session, where: Sequence[int], terms: Iterable[str]
) -> list[tuple[int, str, int, int]]:
    """(shelf, term, tier, documents) of these terms on these shelves."""
    asked = [(shelf, term) for term in sorted(set(terms)) for shelf in where]
    return [tuple(row) for row in _GROUPS.run(session, asked)]


def candidates(
    session: Session, chosen: Sequence[Group], most: int, section_id: str | None = None
) -> list[int]:
    """The articles (of a section) that gain most by these groups."""
    rows = [(g.shelf, g.term, g.tier, g.weight) for g in chosen]
    dialect = session.get_bind().dialect.name
    if section_id is None:
        found = _CANDIDATES[dialect].run(session, rows, most=most)
    else:
        plain = section_id.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        section = f"%\n{plain}\n%"
        found = _CANDIDATES_OF_SECTION[dialect].run(session, rows, most=most, section=section)
    return [number for number, _ in found]
