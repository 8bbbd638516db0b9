"""Tickets by themselves: what is kept, refused, counted and linked."""

from __future__ import annotations

from itertools import pairwise

import pytest

from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers import service as customers
from helpdesk.tickets import following, history, links, permissions, queries, queue_rules, types
from helpdesk.tickets import service as tickets
from helpdesk.tickets.lifecycle import ReopenRule
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import Wanted

TEST = system("test")
AGENT = Actor("user", "01900000-0000-7000-8000-000000000001", role="agent")
QUEUE = "01900000-0000-7000-8000-0000000000aa"

pytestmark = pytest.mark.usefixtures("database")


def make(count: int = 1, **given: object) -> list[str]:
    with begin(TEST) as work:
        customer = customers.create_customer(work, name="Ada")
        facts: dict[str, object] = {
            "subject": "No light", "channel": "email", "queue_id": QUEUE,
            "customer_id": customer.id, **given,
        }  # fmt: skip
        return [tickets.open_ticket(work, **facts).id for _ in range(count)]  # type: ignore[arg-type]


def subject_of(text: object) -> str:
    return tickets.clean_subject(text)


def test_a_subject_is_one_line_and_never_empty() -> None:
    assert subject_of("a\r\nBcc: x@example.com") == "a Bcc: x@example.com"
    assert subject_of(" \t ") == "(no subject)"
    long = subject_of("x" * 5000)
    assert len(long) == 200
    assert long.endswith("…")


def test_an_unknown_state_priority_or_field_is_refused() -> None:
    (ticket_id,) = make()
    for change in ({"priority": "huge"}, {"state": "open"}, {"number": 3}, {"type": "none"}):
        with pytest.raises(Invalid), begin(TEST) as work:
            tickets.change(work, tickets.hold(work, ticket_id), change)
    with pytest.raises(Invalid), begin(TEST) as work:
        tickets.set_state(work, tickets.hold(work, ticket_id), "gone")


def test_a_change_that_changes_nothing_leaves_no_trace() -> None:
    (ticket_id,) = make(tags=["a"])
    with begin(TEST) as work:
        ticket = tickets.hold(work, ticket_id)
        assert tickets.change(work, ticket, {"priority": "normal"}, tags=["A"]) == {}
        assert ticket.version == 1
    with reading(TEST) as work:
        assert len(history.page_of_history(work, ticket_id).items) == 1


def test_history_pages_hold_every_line_once() -> None:
    (ticket_id,) = make()
    for n in range(7):
        with begin(AGENT) as work:
            tickets.change(work, tickets.hold(work, ticket_id), {"subject": f"Lamp {n}"})
    seen, cursor = [], None
    with reading(TEST) as work:
        while True:
            page = history.page_of_history(work, ticket_id, cursor=cursor, limit=3)
            seen += [row.changes.get("subject", [None, None])[1] for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [*(f"Lamp {n}" for n in reversed(range(7))), None]


def test_pages_of_what_is_nobodys_hold_every_ticket_once_the_newest_first() -> None:
    given = make(2, assignee_id=AGENT.id)
    free = [one for _ in range(5) for one in make()]
    for wanted in (Wanted(assignee_id=""), Wanted(assignee_id="", states=["new"])):
        seen: list[str] = []
        with reading(TEST) as work:
            page = queries.page_of_tickets(work, wanted, limit=2)
            seen += [row.id for row in page.items]
            while page.next_cursor:
                page = queries.page_of_tickets(work, wanted, cursor=page.next_cursor, limit=2)
                seen += [row.id for row in page.items]
        assert seen == free[::-1]
        assert not set(seen) & set(given)


def test_a_merged_ticket_leaves_the_lists_and_leads_on() -> None:
    gone, kept = make(2)
    with begin(TEST) as work:
        work.session.get_one(Ticket, gone).merged_into_id = kept
    with reading(TEST) as work:
        assert [row.id for row in queries.page_of_tickets(work).items] == [kept]
        assert queries.current(work, work.session.get_one(Ticket, gone)).id == kept


def test_only_the_desk_lists_everything_and_strangers_nothing() -> None:
    make(2)
    for actor, count in (
        (AGENT, 2),
        (Actor("visitor", "x"), 0),
        (Actor("user", "t", role="technician"), 0),
    ):
        with reading(actor) as work:
            assert len(queries.page_of_tickets(work, Wanted()).items) == count


def test_a_number_beyond_all_numbers_finds_nothing() -> None:
    (ticket_id,) = make()
    with reading(TEST) as work:
        assert queries.find_by_number(work, 10**30) is None
        number = work.session.get_one(Ticket, ticket_id).number
        found = queries.find_by_number(work, number)
        assert found is not None
        assert found.id == ticket_id


@pytest.mark.parametrize("length", [2, 5])
def test_a_family_never_becomes_a_circle(length: int) -> None:
    ids = make(length)
    with begin(TEST) as work:
        family = [work.session.get_one(Ticket, one) for one in ids]
        for child, parent in pairwise(family):
            links.link(work, child, parent, "child_of")
        with pytest.raises(Conflict, match="each other's parents"):
            links.link(work, family[-1], family[0], "child_of")
        with pytest.raises(Conflict, match="each other's parents"):
            links.link(work, family[0], family[-1], "parent_of")
        with pytest.raises(Invalid):
            links.link(work, family[0], family[0], "related_to")


def test_a_link_of_another_ticket_is_not_taken_away() -> None:
    one, two, three = make(3)
    with begin(TEST) as work:
        first, second, third = (work.session.get_one(Ticket, i) for i in (one, two, three))
        link_id = links.link(work, first, second, "duplicate_of")
        with pytest.raises(NotFound):
            links.unlink(work, third, link_id)
        assert links.links_of(work, two)[0].relation == "has_duplicate"


def test_participants_are_other_customers_once_each() -> None:
    (ticket_id,) = make()
    with begin(TEST) as work:
        other = customers.create_customer(work, name="Bob").id
        ticket = tickets.hold(work, ticket_id)
        assert following.add_participant(work, ticket, ticket.customer_id) is False
        assert following.add_participant(work, ticket, other) is True
        assert following.add_participant(work, ticket, other) is False
        with pytest.raises(NotFound):
            following.add_participant(work, ticket, new_id())
        with pytest.raises(Invalid):
            following.follow(work, ticket, other)


def test_only_administrators_set_tickets_up() -> None:
    with pytest.raises(Forbidden), begin(AGENT) as work:
        types.add_type(work, key="fault", name="Fault")
    with pytest.raises(Forbidden), begin(AGENT) as work:
        queue_rules.set_rule(work, QUEUE, ReopenRule("never"))


def test_a_types_form_names_fields_that_exist_once() -> None:
    with begin(TEST) as work:
        custom_fields.add_custom_field(
            work, subject="ticket", key="meter", label="Meter", kind="number"
        )
        for form in ([{"key": "x"}], [{"key": "meter"}] * 2, [{"key": "meter", "needed": "?"}]):
            with pytest.raises(Invalid):
                types.add_type(work, key="fault", name="Fault", form=form)
        made = types.add_type(work, key="fault", name="Fault", form=[{"key": "meter"}])
        with pytest.raises(Conflict):
            types.add_type(work, key="fault", name="Other")
        with pytest.raises(Conflict):
            types.change_type(work, made.id, version=9, name="Outage")
        assert types.change_type(work, made.id, version=1, name="Outage").version == 2
    with pytest.raises(Invalid) as refused:
        make(type="fault", fields={"meter": "many"})
    assert refused.value.fields == {"fields.meter": "Write a number."}


def test_a_stranger_gets_no_ticket_by_its_id() -> None:
    (ticket_id,) = make()
    for given in (ticket_id, "x", ""):
        with pytest.raises(NotFound), reading(Actor("visitor", "x")) as work:
            permissions.get_visible(work, given)


def test_writers_take_numbers_one_after_the_other(database: Database) -> None:
    with begin(TEST) as work:
        ids = [work.session.get_one(Ticket, one).number for one in make_in(work, 3)]
    assert ids == list(range(ids[0], ids[0] + 3))
    assert ids[0] >= 10_001


def make_in(work: object, count: int) -> list[str]:
    customer = customers.create_customer(work, name="Ada")  # type: ignore[arg-type]
    return [
        tickets.open_ticket(
            work,
            subject="x",
            customer_id=customer.id,
            channel="form",
            queue_id=QUEUE,  # type: ignore[arg-type]
        ).id
        for _ in range(count)
    ]
