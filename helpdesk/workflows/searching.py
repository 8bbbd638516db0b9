"""One question to everything that can be found: tickets, messages and articles, and people.

Joins the index with the customers' own search, which knows tails of numbers and names as they are
typed. The two are not mixed into one order, since a name and a sentence can't be compared. Not for
what may be opened: that is asked again behind each link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from helpdesk.core.work import Work
from helpdesk.customers import search as customer_search
from helpdesk.customers.permissions import works_with_customers
from helpdesk.search import queries
from helpdesk.search.permissions import reader_of
from helpdesk.search.queries import Filters, Found, Hit
from helpdesk.workflows.indexing import MARKS, MESSAGE, TICKET

Scope = Literal["all", "tickets", "messages", "customers", "articles"]
SCOPES: tuple[Scope, ...] = ("all", "tickets", "messages", "customers", "articles")

_KINDS: dict[str, frozenset[str]] = {
    "all": frozenset(),
    "tickets": frozenset({TICKET, MARKS}),
    "messages": frozenset({MESSAGE}),
    "articles": frozenset({"article"}),
}
_PEOPLE_BESIDE = 5
_LONGEST_NAME_ASKED = 200


@dataclass(frozen=True, slots=True)
class Everything:
    """`people` are customers; `hits` everything else. `instead`: see `search.queries.Found`."""

    people: Sequence[customer_search.Hit]
    hits: Sequence[Hit]
    instead: dict[str, str]
    is_partial: bool


def search(
    work: Work,
    words: str,
    *,
    scope: Scope = "all",
    filters: Filters = Filters(),  # noqa: B008  frozen
    limit: int = 20,
    typing: bool = False,
) -> Everything:
    """What the actor may find, best first. Filters leave people out: they are about cases."""
    found = _written(work, words, scope, filters, limit, typing)
    people: Sequence[customer_search.Hit] = ()
    if scope in ("all", "customers") and filters == Filters() and words.strip():
        most = limit if scope == "customers" else min(limit, _PEOPLE_BESIDE)
        people = _people(work, words, most)
    return Everything(people, found.hits, found.instead, found.is_partial)


def _written(
    work: Work, words: str, scope: Scope, filters: Filters, limit: int, typing: bool
) -> Found:
    if scope == "customers":
        return queries.NOTHING
    reader = reader_of(work.actor)
    filters = replace(filters, kinds=_KINDS[scope])
    if not words.strip():
        if filters == Filters():
            return queries.NOTHING
        return queries.latest(work, reader, filters=filters, limit=limit)
    return queries.find(
        work,
        words,
        reader,
        filters=filters,
        limit=limit,
        grouped=scope != "messages",
        typing=typing,
    )


def _people(work: Work, words: str, limit: int) -> Sequence[customer_search.Hit]:
    if not works_with_customers(work.actor):
        return ()
    return customer_search.search(work, words[:_LONGEST_NAME_ASKED], limit)
