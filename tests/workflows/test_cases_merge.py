"""Tickets become one and two again; words become a ticket of their own and go back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.routing.models import WorkItem
from helpdesk.tickets import checklists, following, links, merging
from helpdesk.tickets.errors import StaleTicket
from helpdesk.tickets.models import Ticket, TicketChange, TicketTag
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_merge,
    cases_reading,
    cases_split,
    promising,
)
from tests.workflows.people import Floor, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def floor(database: Database, clock_at: Callable[[datetime], None]) -> Floor:
    clock_at(NOW)
    return make_floor("Anna", "Ben")


@pytest.fixture
def pair(floor: Floor) -> tuple[cases.Opened, cases.Opened]:
    """Two tickets of one customer: the lamp, and the same lamp again."""
    customer = new_customer()
    first = open_one(floor, customer, subject="Lamp is dark", tags=["lamp"], priority="low")
    second = open_one(floor, customer, subject="Still dark", tags=["again"], priority="high")
    return second, first


def merge(actor: Actor, source: str, target: str, **given: Any) -> str:
    with begin(actor) as work:
        return cases_merge.merge(work, source, target, **given).id


def of(ticket_id: str) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, ticket_id)


def threads(ticket_id: str) -> set[str]:
    with reading(TEST) as work:
        wanted = select(Conversation.id).where(Conversation.ticket_id == ticket_id)
        return set(work.session.scalars(wanted))


def tagged(ticket_id: str) -> set[str]:
    """The states that the rows of its tags carry for the lists."""
    with reading(TEST) as work:
        wanted = select(TicketTag.state).where(TicketTag.ticket_id == ticket_id)
        return set(work.session.scalars(wanted))


def in_line(ticket_id: str) -> bool:
    with reading(TEST) as work:
        wanted = select(func.count()).where(
            WorkItem.subject_id == ticket_id, WorkItem.state.in_(("waiting", "offered"))
        )
        return bool(work.session.scalar(wanted))


def test_all_that_hangs_on_one_goes_to_the_other_and_comes_back(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    third = open_one(floor, new_customer("Cleo")).ticket
    with begin(floor.anna) as work:
        ticket = cases_merge.tickets.hold(work, source)
        following.follow(work, ticket, floor.ben.id)
        following.add_participant(work, ticket, new_customer_in(work))
        links.link(work, ticket, work.session.get_one(Ticket, third.id), "child_of")
        links.link(work, ticket, work.session.get_one(Ticket, target), "duplicate_of")
        checklists.add_item(work, ticket, "Call the shop")
    merged = merge(floor.anna, source, target)
    assert threads(target) == {pair[0].conversation_id, pair[1].conversation_id}
    after = of(source)
    assert (after.state, after.merged_into_id) == ("closed", target)
    assert not in_line(source)
    assert in_line(target)
    assert of(target).tags == ["lamp", "again"]
    assert tagged(source) == {"closed"}
    with reading(floor.anna) as work:
        assert [f.user_id for f in following.followers(work, target)] == [floor.ben.id]
        assert len(following.participants(work, target)) == 1
        assert [(one.relation, one.ticket.id) for one in links.links_of(work, target)] == [
            ("child_of", third.id)
        ]
        assert [item.text for item in checklists.checklist(work, target)] == ["Call the shop"]
    with begin(floor.anna) as work:
        undone = cases_merge.undo(work, merged)
    assert undone.kept == []
    back = of(source)
    assert (back.state, back.merged_into_id) == ("new", None)
    assert tagged(source) == {"new"}
    assert in_line(source)
    assert threads(source) == {pair[0].conversation_id}
    assert threads(target) == {pair[1].conversation_id}
    assert of(target).tags == ["lamp"]
    with reading(floor.anna) as work:
        assert following.followers(work, target) == []
        assert {one.relation for one in links.links_of(work, source)} == {
            "child_of",
            "duplicate_of",
        }
        assert len(checklists.checklist(work, source)) == 1
    with reading(TEST) as work:
        actions = set(work.session.scalars(select(AuditEntry.action)))
        kinds = set(work.session.scalars(select(TicketChange.kind)))
    assert {"ticket.merged", "ticket.merge_undone"} <= actions
    assert {"merged", "merged_from", "merge_undone", "merge_undone_from"} <= kinds


def test_undone_it_stands_in_line_at_its_own_age(
    floor: Floor,
    pair: tuple[cases.Opened, cases.Opened],
    clock_at: Callable[[datetime], None],
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    clock_at(NOW + timedelta(hours=2))
    merged = merge(floor.anna, source, target)
    clock_at(NOW + timedelta(hours=3))
    with begin(floor.anna) as work:
        cases_merge.undo(work, merged)
    assert of(source).waiting_since == NOW
    with reading(TEST) as work:
        wanted = select(WorkItem).where(WorkItem.subject_id == source, WorkItem.state == "waiting")
        assert work.session.scalars(wanted).one().waiting_since == NOW


def test_what_was_promised_is_owed_on_the_ticket_that_goes_on_and_comes_back_with_it(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened], clock_at: Callable[[datetime], None]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    with begin(floor.anna) as work:
        done = promising.promise(work, source, text="Look", due_at=NOW + timedelta(hours=1))
        promising.keep(work, source, done)
        owed = promising.promise(work, source, text="Call", due_at=NOW + timedelta(hours=2))
        soon = promising.promise(work, source, text="Write", due_at=NOW + timedelta(hours=3))
    before = of(source).next_due_at, of(target).next_due_at
    merged = merge(floor.anna, source, target)

    def owed_on() -> list[tuple[str, str]]:
        with reading(floor.anna) as work:
            return [(one.id, one.ticket_id) for one in promising.owed_by(work, floor.anna.id)]

    assert owed_on() == [(owed, target), (soon, target)]
    assert of(target).next_due_at == NOW + timedelta(hours=2)
    assert of(source).next_due_at.year > 8000  # none
    with begin(floor.anna) as work:
        promising.keep(work, target, owed)
    with begin(floor.anna) as work:
        cases_merge.undo(work, merged)
    assert owed_on() == [(soon, source)]
    assert of(target).next_due_at == before[1]
    with begin(floor.anna) as work:
        promising.stand_again(work, source, owed)  # it is that ticket's, though it was kept here
    assert of(source).next_due_at == before[0]


def new_customer_in(work: Any) -> str:
    from helpdesk.customers import service

    return service.create_customer(work, name="Zoe").id


def test_L6_words_on_a_merged_ticket_land_on_the_one_it_leads_to(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    merge(floor.anna, source, target)
    with begin(TEST) as work:
        late = cases.customer_wrote(
            work, source, conversation_id=pair[0].conversation_id, text="And now it smokes"
        )
    assert (late.ticket_id, late.conversation_id) == (target, pair[0].conversation_id)
    with begin(floor.anna) as work:
        said = cases.reply(
            work, source, author=f"agent:{floor.anna.id}", text="Unplug it", public=True
        )
    assert said.ticket_id == target


def test_where_they_differ_each_field_is_chosen_and_undo_leaves_what_others_changed(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    with reading(floor.anna) as work:
        differ = cases_merge.preview(work, source, target).differences
    assert differ == {"subject": ["Still dark", "Lamp is dark"], "priority": ["high", "low"]}
    chosen = {"subject": "source", "priority": "source"}
    merged = merge(floor.anna, source, target, choose=chosen)
    assert (of(target).subject, of(target).priority) == ("Still dark", "high")
    with begin(floor.ben) as work:
        cases_line.change(work, target, {"priority": "urgent"})
    with begin(floor.anna) as work:
        undone = cases_merge.undo(work, merged)
    assert undone.kept == ["priority"]
    assert (of(target).subject, of(target).priority) == ("Lamp is dark", "urgent")


def test_the_wait_of_the_customer_goes_on_from_when_it_began(
    floor: Floor,
    pair: tuple[cases.Opened, cases.Opened],
    clock_at: Callable[[datetime], None],
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    clock_at(NOW + timedelta(hours=1))
    with begin(floor.anna) as work:
        cases.reply(work, target, author=f"agent:{floor.anna.id}", text="Seen", public=True)
        cases_line.set_state(work, target, "waiting_on_customer")
    merge(floor.anna, source, target)
    after = of(target)
    assert (after.state, after.waiting_since) == ("open", NOW)


def test_two_customers_are_merged_only_when_that_is_meant_and_never_see_each_other(
    floor: Floor,
) -> None:
    one, other = open_one(floor), open_one(floor, new_customer("Mallory"))
    with pytest.raises(Conflict) as refused:
        merge(floor.anna, other.ticket.id, one.ticket.id)
    assert refused.value.code == "other_customer"
    merge(floor.anna, other.ticket.id, one.ticket.id, other_customer=True)
    with reading(floor.anna) as work:
        assert following.participants(work, one.ticket.id) == []
        everything = cases_reading.page_of_words(work, one.ticket.id, public_only=False)
        assert len(everything.items) == 2
    owner = Actor("user", new_id(), role="customer", customer_id=of(one.ticket.id).customer_id)
    with reading(owner) as work:
        said = cases_reading.page_of_words(work, one.ticket.id, public_only=True)
    assert [line.message.conversation_id for line in said.items] == [one.conversation_id]


def test_merges_that_make_no_sense_are_refused(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    with pytest.raises(Invalid):
        merge(floor.anna, source, source)
    with pytest.raises(StaleTicket):
        merge(floor.anna, source, target, versions=(1, 99))
    with begin(floor.anna) as work:
        cases_line.set_state(work, target, "resolved")
    with pytest.raises(Conflict) as refused:
        merge(floor.anna, source, target)
    assert refused.value.code == "target_done"
    merge(floor.anna, target, source)
    for again in ((target, source), (source, target)):
        with pytest.raises(Conflict):
            merge(floor.anna, *again)


def test_undo_happens_once(floor: Floor, pair: tuple[cases.Opened, cases.Opened]) -> None:
    merged = merge(floor.anna, pair[0].ticket.id, pair[1].ticket.id)
    with begin(floor.ben) as work:
        cases_merge.undo(work, merged)
    with begin(floor.ben) as work, pytest.raises(Conflict):
        cases_merge.undo(work, merged)


def test_C11_E5_customers_and_strangers_merge_and_split_nothing(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    merged = merge(floor.anna, source, target)
    customer = Actor("user", new_id(), role="customer", customer_id=of(target).customer_id)
    technician = Actor("user", new_id(), role="technician")
    for actor in (customer, technician):
        with begin(actor) as work:
            with pytest.raises(NotFound):
                cases_merge.merge(work, source, target)
            with pytest.raises(NotFound):
                cases_merge.undo(work, merged)
            with pytest.raises(NotFound):
                cases_split.split(
                    work, target, conversation_id=pair[1].conversation_id, seqs=[1], subject="x"
                )
    for gone in (new_id(), "T-1"):
        with begin(floor.anna) as work, pytest.raises(NotFound):
            cases_merge.merge(work, gone, target)


def test_one_message_becomes_a_ticket_and_stays_where_it_was_said(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(TEST) as work:
        cases.customer_wrote(
            work, opened.ticket.id, conversation_id=opened.conversation_id, text="Also, an invoice"
        )
    with begin(floor.anna) as work:
        made = cases_split.split(
            work,
            opened.ticket.id,
            conversation_id=opened.conversation_id,
            seqs=[2],
            subject="Invoice",
        )
    assert made.is_moved is False
    new = of(made.made_id)
    assert (new.subject, new.state, in_line(new.id)) == ("Invoice", "new", True)
    with reading(TEST) as work:
        texts = work.session.scalars(
            select(Message.text).where(Message.conversation_id == made.conversation_id)
        ).all()
        assert list(texts) == ["Also, an invoice"]
        count = select(func.count()).where(Message.conversation_id == opened.conversation_id)
        assert work.session.scalar(count) == 2
        assert [one.ticket.id for one in links.links_of(work, new.id)] == [opened.ticket.id]
    with begin(floor.anna) as work:
        cases_split.undo(work, made.id)
    assert of(new.id).merged_into_id == opened.ticket.id
    assert threads(opened.ticket.id) == {opened.conversation_id}
    assert not in_line(new.id)


def test_a_whole_thread_moves_with_its_future_and_comes_back(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    merge(floor.anna, source, target)
    with begin(floor.anna) as work:
        made = cases_split.split(
            work, target, conversation_id=pair[0].conversation_id, seqs=[1], subject="Other lamp"
        )
    assert made.is_moved is True
    assert threads(made.made_id) == {pair[0].conversation_id}
    with begin(TEST) as work:
        cases.customer_wrote(
            work, made.made_id, conversation_id=pair[0].conversation_id, text="more"
        )
    with begin(floor.anna) as work:
        cases_split.undo(work, made.id)
    assert threads(target) == {pair[0].conversation_id, pair[1].conversation_id}


def test_a_split_that_was_answered_is_not_undone_over_the_answer(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(TEST) as work:
        cases.customer_wrote(
            work, opened.ticket.id, conversation_id=opened.conversation_id, text="Also"
        )
    with begin(floor.anna) as work:
        made = cases_split.split(
            work, opened.ticket.id, conversation_id=opened.conversation_id, seqs=[1], subject="One"
        )
        cases.reply(work, made.made_id, author=f"agent:{floor.anna.id}", text="Yes", public=True)
    with begin(floor.anna) as work, pytest.raises(Conflict) as refused:
        cases_split.undo(work, made.id)
    assert refused.value.code == "has_words"


@pytest.mark.parametrize("seqs", [[], [7], [1, 7], [0]])
def test_a_split_of_nothing_or_of_what_is_not_there_is_refused(
    floor: Floor, seqs: list[int]
) -> None:
    opened = open_one(floor)
    with begin(floor.anna) as work, pytest.raises(Invalid):
        cases_split.split(
            work, opened.ticket.id, conversation_id=opened.conversation_id, seqs=seqs, subject="x"
        )


def test_a_foreign_conversation_is_not_split_off(floor: Floor) -> None:
    one, other = open_one(floor), open_one(floor, new_customer("Bob"))
    with begin(floor.anna) as work, pytest.raises(NotFound):
        cases_split.split(
            work, one.ticket.id, conversation_id=other.conversation_id, seqs=[1], subject="x"
        )
    with reading(floor.anna) as work:
        assert merging.merges_of(work, one.ticket.id) == []


def test_undone_what_somebody_had_is_theirs_and_offered_to_nobody_beside_them(
    floor: Floor, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = pair[0].ticket.id, pair[1].ticket.id
    with begin(floor.anna) as work:
        cases_line.assign(work, source, floor.anna.id)
    merged = merge(floor.anna, source, target)
    with begin(floor.anna) as work:
        cases_merge.undo(work, merged)
    assert of(source).assignee_id == floor.anna.id
    with reading(TEST) as work:
        states = select(WorkItem.state).where(WorkItem.subject_id == source)
        assert not {"waiting", "offered"} & set(work.session.scalars(states))
