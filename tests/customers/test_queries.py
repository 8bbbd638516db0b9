"""Screens cost the same number of queries for ten rows and for two hundred."""

from __future__ import annotations

import pytest

from helpdesk.channels.events import ConversationOpened
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, organisations, points, queries, search, service, timeline
from tests.customers.people import AGENT, SYSTEM, a_customer, counted


def fill(count: int) -> tuple[str, str]:
    """An organisation with `count` customers, the first of them with `count` of everything."""
    with begin(SYSTEM) as work:
        acme = organisations.create_organisation(work, name="Acme", domains=["acme.example"])
        ann = a_customer(work, "Ann", ("phone", "+358401234567"))
        for n in range(min(count, 20)):
            points.add_contact_point(work, ann.id, kind="email", value=f"ann{n}@acme.example")
            service.add_tag(work, ann.id, f"tag {n}")
        for n in range(count):
            a_customer(
                work, f"Person {n}", ("email", f"p{n}@acme.example"), organisation_id=acme.id
            )
            work.emit(
                ConversationOpened(
                    customer_id=ann.id,
                    conversation_id=new_id(),
                    channel="chat",
                    queue_id=None,
                    reason="",
                )
            )
    with begin(AGENT) as work:
        for n in range(min(count, 40)):
            service.add_note(work, ann.id, f"note {n}")
    return ann.id, acme.id


READS = {
    "card": lambda work, ann, acme: queries.card(work, ann),
    "list": lambda work, ann, acme: queries.list_customers(work, limit=100),
    "timeline": lambda work, ann, acme: timeline.timeline(work, ann, limit=100),
    "search": lambda work, ann, acme: search.search(work, "person", limit=50),
    "search in all fields": lambda work, ann, acme: search.search(work, "acme note", limit=50),
    "suggestions": lambda work, ann, acme: queries.suggestions(work, limit=100),
    "organisation": lambda work, ann, acme: queries.organisation_page(work, acme, limit=100),
}
MOST = {
    "card": 12,
    "list": 3,
    "timeline": 2,
    "search": 3,
    "search in all fields": 8,
    "suggestions": 1,
    "organisation": 5,
}


def cost(database, ann: str, acme: str) -> dict[str, int]:
    found = {}
    for name, read in READS.items():
        with reading(AGENT) as work:
            work.session.connection()
            with counted(database) as seen:
                read(work, ann, acme)
        found[name] = len(seen)
    return found


def test_the_number_of_queries_does_not_grow_with_the_rows(database):
    few = cost(database, *fill(10))
    with begin(SYSTEM) as work:
        acme = queries.list_organisations(work).items[0]
        organisations.change_organisation(work, acme.id, version=1, changes={"domains": []})
    many = cost(database, *fill(200))
    assert few == many
    assert {name: n for name, n in few.items() if n > MOST[name]} == {}


def test_reindexing_and_merging_do_not_cost_a_query_per_row(database):
    ann, _ = fill(10)
    with begin(AGENT) as work:
        other = a_customer(work, "Other")
        for n in range(50):
            service.add_note(work, other.id, f"x {n}")
        with counted(database) as seen:
            merge.merge(work, ann, other.id)
    assert len(seen) < 90


def test_the_list_pages_through_everybody_once(database):
    fill(30)
    names, cursor = [], None
    with reading(AGENT) as work:
        while True:
            page = queries.list_customers(work, cursor=cursor, limit=7)
            names += [c.id for c in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert len(names) == len(set(names)) == 31


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "W251bGwsbnVsbF0"])
def test_a_made_up_cursor_is_refused(database, cursor):
    with reading(AGENT) as work:
        for read in (queries.list_customers, queries.suggestions, queries.list_organisations):
            if read is queries.list_organisations and cursor == "WyJhIiwiYiJd":
                continue
            with pytest.raises(Invalid):
                read(work, cursor=cursor)


def test_organisations_are_listed_by_name_and_found_by_their_beginning(database):
    with begin(AGENT) as work:
        for name in ("Beta", "alpha", "Alpine", "50% off", "50 more"):
            organisations.create_organisation(work, name=name)
        assert {o.name for o in queries.list_organisations(work, starts_with="al").items} == {
            "alpha",
            "Alpine",
        }
        assert [o.name for o in queries.list_organisations(work, starts_with="50%").items] == [
            "50% off"
        ]
        first = queries.list_organisations(work, limit=3)
        rest = queries.list_organisations(work, limit=3, cursor=first.next_cursor)
        assert len({o.id for o in [*first.items, *rest.items]}) == 5
