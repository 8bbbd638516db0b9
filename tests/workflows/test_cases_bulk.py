"""One change to many tickets: each in its own right, told where it failed, and taken back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.identity.models import User
from helpdesk.tickets import bulk
from helpdesk.tickets.bulk import Progress
from helpdesk.tickets.filters import Filter
from helpdesk.tickets.models import BulkItem, Ticket
from helpdesk.workflows import cases_bulk, cases_line, cases_macros, cases_merge
from tests.workflows.people import SETUP, Floor, add_person, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one


@pytest.fixture
def floor(database: Database) -> Floor:
    return make_floor("Anna", "Ben")


@pytest.fixture
def three(floor: Floor) -> list[str]:
    customer = new_customer()
    return [open_one(floor, customer, tags=["lamp"]).ticket.id for _ in range(3)]


def run(actor: Actor, action: dict[str, Any], ids: list[str], **given: Any) -> str:
    with begin(actor) as work:
        started = cases_bulk.start(work, action, words="Test", ticket_ids=ids, **given)
    cases_bulk.carry_out(started)
    return started.id


def undo(actor: Actor, run_id: str) -> Progress:
    with begin(actor) as work:
        started = cases_bulk.undo(work, run_id)
    cases_bulk.carry_out(started)
    return progress(actor, run_id)


def progress(actor: Actor, run_id: str) -> Progress:
    with reading(actor) as work:
        return bulk.progress(work, run_id)


def of(ticket_id: str) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, ticket_id)


def test_many_are_changed_in_the_name_of_who_asked_and_taken_back(
    floor: Floor, three: list[str]
) -> None:
    action = {
        "changes": {"state": "resolved", "priority": "high", "assignee_id": floor.ben.id},
        "add_tags": ["fixed"],
        "remove_tags": ["lamp"],
    }
    made = run(floor.anna, action, three)
    told = progress(floor.anna, made)
    assert (told.run.state, told.counts, told.done, told.total) == ("done", {"changed": 3}, 3, 3)
    for one in three:
        after = of(one)
        assert (after.state, after.priority, after.tags) == ("resolved", "high", ["fixed"])
        assert after.assignee_id == floor.ben.id
    told = undo(floor.anna, made)
    assert (told.run.state, dict(told.counts)) == ("undone", {"undone": 3})
    for one in three:
        after = of(one)
        assert (after.priority, after.tags, after.assignee_id) == ("normal", ["lamp"], None)
        assert (after.state, after.reopened_count) == ("open", 0)


def test_undo_leaves_what_others_changed_since_and_says_so(floor: Floor, three: list[str]) -> None:
    made = run(floor.anna, {"changes": {"priority": "high"}, "add_tags": ["fixed"]}, three)
    with begin(floor.ben) as work:
        cases_line.change(work, three[0], {"priority": "urgent"})
        cases_line.change(work, three[1], {"tags": ["lamp", "fixed", "vip"]})
    told = undo(floor.anna, made)
    assert dict(told.counts) == {"kept": 1, "undone": 2}
    assert of(three[0]).priority == "urgent"
    assert of(three[0]).tags == ["lamp"]
    assert of(three[1]).tags == ["lamp", "vip"]
    assert of(three[2]).priority == "normal"
    ((number, _, why),) = told.told
    assert number == of(three[0]).number
    assert "priority" in why


def test_what_can_t_be_done_to_one_is_told_and_keeps_none_of_the_others(
    floor: Floor, three: list[str]
) -> None:
    with begin(floor.anna) as work:
        cases_line.set_state(work, three[1], "closed")
    made = run(floor.anna, {"changes": {"state": "waiting_on_customer"}}, [*three, new_id()])
    told = progress(floor.anna, made)
    assert dict(told.counts) == {"changed": 2, "refused": 1}
    assert told.told[0][0] == of(three[1]).number
    assert of(three[1]).state == "closed"


def test_a_merged_ticket_is_left_alone(floor: Floor, three: list[str]) -> None:
    with begin(floor.anna) as work:
        cases_merge.merge(work, three[0], three[1])
    made = run(floor.anna, {"changes": {"priority": "high"}}, three)
    assert dict(progress(floor.anna, made).counts) == {"changed": 2, "refused": 1}


def test_nothing_changes_twice_whoever_works_on_it(floor: Floor, three: list[str]) -> None:
    with begin(floor.anna) as work:
        macro = cases_macros.save(
            work, {"name": "Bye", "audience": "own", "reply": "Bye", "changes": {"priority": "low"}}
        )
        started = cases_bulk.start(
            work, {"macro_id": macro.id}, words="Macro Bye", ticket_ids=three
        )
    start = threading.Barrier(3)

    def labour() -> None:
        start.wait()
        cases_bulk.work_off()

    workers = [threading.Thread(target=labour) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    with reading(TEST) as work:
        said = work.session.scalars(select(Message).where(Message.author != "visitor")).all()
    assert [one.text for one in said] == ["Bye"] * 3
    assert dict(progress(floor.anna, started.id).counts) == {"changed": 3}


def test_a_whole_view_is_gathered_by_a_worker(floor: Floor, three: list[str]) -> None:
    with begin(floor.anna) as work:
        cases_line.change(work, three[0], {"tags": ["other"]})
    with begin(floor.anna) as work:
        started = cases_bulk.start(
            work, {"changes": {"priority": "low"}}, words="All lamps", wanted=Filter(tag=("lamp",))
        )
        run_id = started.id
    with reading(TEST) as work:
        kinds = list(work.session.scalars(select(EventRow.kind)))
    assert "tickets.bulk_due" in kinds
    assert progress(floor.anna, run_id).run.state == "gathering"
    cases_bulk.work_off("an event")
    told = progress(floor.anna, run_id)
    assert (told.run.state, told.total, dict(told.counts)) == ("done", 2, {"changed": 2})
    assert of(three[0]).priority == "normal"


def test_who_left_the_house_changes_no_more(floor: Floor, three: list[str]) -> None:
    with begin(floor.anna) as work:
        started = cases_bulk.start(
            work, {"changes": {"priority": "low"}}, words="x", ticket_ids=three
        )
        run_id = started.id
    with begin(SETUP) as work:
        work.session.get_one(User, floor.anna.id).is_active = False
    cases_bulk.work_off()
    assert {of(one).priority for one in three} == {"normal"}
    with reading(TEST) as work:
        outcomes = set(work.session.scalars(select(BulkItem.outcome)))
    assert outcomes == {"refused"}
    assert run_id


def test_a_run_is_undone_once_and_by_its_owner_or_a_supervisor(
    floor: Floor, three: list[str]
) -> None:
    with begin(SETUP) as work:
        chief = add_person(work, "Carla", "supervisor")
    made = run(floor.anna, {"changes": {"priority": "low"}}, three)
    with begin(floor.ben) as work, pytest.raises(NotFound):
        cases_bulk.undo(work, made)
    assert undo(chief, made).run.state == "undone"
    with begin(floor.anna) as work, pytest.raises(Conflict):
        cases_bulk.undo(work, made)


@pytest.mark.parametrize(
    "action",
    [
        {}, {"changes": {"state": "x"}}, {"changes": {"number": 3}}, {"macro_id": "x"},
        {"changes": {"queue_id": new_id()}}, {"changes": {"assignee_id": "me"}},
        {"changes": {"merged_into_id": new_id()}}, {"add_tags": ["x" * 60]},
    ],
)  # fmt: skip
def test_E8_what_is_no_change_for_many_is_refused(
    floor: Floor, three: list[str], action: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        run(floor.anna, action, three)


def test_a_foreign_macro_and_a_customer_change_nothing(floor: Floor, three: list[str]) -> None:
    with begin(floor.ben) as work:
        macro = cases_macros.save(
            work, {"name": "Own", "audience": "own", "changes": {"priority": "low"}}
        )
    with pytest.raises(NotFound):
        run(floor.anna, {"macro_id": macro.id}, three)
    customer = Actor("user", new_id(), role="customer", customer_id=of(three[0]).customer_id)
    with pytest.raises(NotFound):
        run(customer, {"changes": {"priority": "low"}}, three)
