"""What two at once, long lines and hand-overs by name must not do to a customer who waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Conversation, Visitor
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict
from helpdesk.core.heartbeats import process_id
from helpdesk.core.work import begin, reading
from helpdesk.realtime import agent as sockets
from helpdesk.realtime.acks import answered
from helpdesk.routing import accepting, offers, presence, setup, waits
from helpdesk.routing import service as routing
from helpdesk.routing.models import AgentState, Assignment, Offer, Slot, WorkItem
from helpdesk.workflows import chat, desk, sweeping, web_form
from tests.workflows.people import (
    SETUP,
    Floor,
    add_person,
    come_in,
    make_floor,
    offer_of,
    start_chat,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def in_hand(floor: Floor) -> chat.Started:
    come_in(floor.anna)
    started = start_chat(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    return started


def while_held(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Run `second` in a thread while `first` has done its part and not committed yet.

    Answers what `second` raised, if anything.
    """
    raised: list[object] = []

    def run() -> None:
        try:
            second()
        except Exception as error:
            raised.append(error)

    other = threading.Thread(target=run)
    with begin(SETUP) as work:
        first(work)  # type: ignore[call-arg]
        work.session.flush()
        other.start()
        other.join(0.7)
    other.join(10)
    assert not other.is_alive()
    return raised


@pytest.mark.postgres
def test_an_offer_that_expires_while_it_is_being_accepted_is_only_the_next_agents(
    database: object,
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    started = start_chat(floor)
    come_in(floor.ben)
    with reading(floor.anna) as work:
        offer_id = offer_of(work, floor.anna) or ""

    def expire(work) -> None:
        item = offers.expire(work, work.session.get_one(Offer, offer_id))
        assert item is not None
        assert routing.look_for_agent(work, item) is not None

    def accept() -> None:
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_id)

    (refused,) = while_held(expire, accept)  # type: ignore[arg-type]
    assert isinstance(refused, Conflict)
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)
        assert work.session.scalars(select(Assignment)).all() == []
        assert work.session.get_one(WorkItem, started.work_item_id).state == "offered"


@pytest.mark.postgres
def test_an_offer_that_is_accepted_while_it_expires_keeps_its_slot(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    start_chat(floor)
    with reading(floor.anna) as work:
        offer_id = offer_of(work, floor.anna) or ""

    def expire() -> None:
        with begin(SETUP) as work:
            assert offers.expire(work, work.session.get_one(Offer, offer_id)) is None

    assert while_held(lambda work: accepting.accept(work, offer_id, floor.anna.id), expire) == []  # type: ignore[arg-type,misc]
    with reading(floor.anna) as work:
        assignment = work.session.scalars(select(Assignment)).one()
        assert work.session.get_one(Slot, assignment.slot_id).assignment_id == assignment.id
        assert work.session.get_one(Offer, offer_id).state == "accepted"


@pytest.mark.postgres
def test_a_visitor_who_ends_while_the_chat_is_requeued_leaves_no_work_behind(
    database: object,
) -> None:
    floor = make_floor("Anna")
    started = in_hand(floor)

    def requeue(work) -> None:
        assignment = work.session.scalars(select(Assignment)).one()
        _, item = sweeping._locked(work, assignment.id)
        desk.requeue_lost(work, assignment, item)

    def end() -> None:
        with begin(Actor("visitor", started.visitor_id)) as work:
            chat.end_conversation(work, started.conversation_id, ended_by="visitor")

    assert while_held(requeue, end) == []  # type: ignore[arg-type]
    with reading(floor.anna) as work:
        assert work.session.get_one(Conversation, started.conversation_id).state == "ended"
        assert work.session.get_one(WorkItem, started.work_item_id).state == "left"


@pytest.mark.postgres
def test_a_desk_that_is_reloaded_never_counts_as_gone(database: object) -> None:
    floor = make_floor("Anna")
    sid = come_in(floor.anna, "old-page")

    def reopen(work) -> None:
        presence.connected(work, floor.anna.id, "new-page", "test-process")

    def close() -> None:
        with begin(floor.anna) as work:
            desk.disconnect(work, sid)

    assert while_held(reopen, close) == []  # type: ignore[arg-type]
    with reading(floor.anna) as work:
        assert work.session.get_one(AgentState, floor.anna.id).connected


@pytest.mark.postgres
def test_an_agent_whose_page_goes_while_they_accept_loses_the_chat_a_minute_later(
    database: object,
) -> None:
    floor = make_floor("Anna")
    sid = come_in(floor.anna)
    start_chat(floor)
    with reading(floor.anna) as work:
        offer_id = offer_of(work, floor.anna) or ""

    def close() -> None:
        with begin(floor.anna) as work:
            desk.disconnect(work, sid)

    assert while_held(lambda work: accepting.accept(work, offer_id, floor.anna.id), close) == []  # type: ignore[arg-type,misc]
    with reading(floor.anna) as work:
        assert work.session.scalars(select(Assignment)).one().lost_at is not None


def test_a_transfer_by_name_reaches_a_free_colleague_of_another_queue(database: object) -> None:
    floor = make_floor()
    with begin(SETUP) as work:
        other = setup.create_queue(work, name="Other")
        cleo, dora = add_person(work, "Cleo"), add_person(work, "Dora")
        setup.set_members(work, other.id, [cleo.id, dora.id])
    started = in_hand(floor)
    come_in(floor.ben)
    come_in(cleo)
    with pytest.raises(Conflict) as refused, begin(floor.anna) as work:
        desk.transfer(work, started.conversation_id, to_agent=dora.id)
    assert refused.value.code == "not_reachable"
    with begin(floor.anna) as work:
        desk.transfer(work, started.conversation_id, to_agent=cleo.id)
    with begin(cleo) as work:
        desk.accept_offer(work, offer_of(work, cleo) or "")
        assert offer_of(work, floor.ben) is None


def test_what_a_supervisor_takes_over_comes_to_them_and_to_nobody_else(database: object) -> None:
    floor = make_floor()
    with begin(SETUP) as work:
        boss = add_person(work, "Boss", "supervisor")
    started = in_hand(floor)
    come_in(floor.ben)
    with begin(boss) as work:
        desk.take_over(work, started.conversation_id)
    with reading(boss) as work:
        assert offer_of(work, boss)
        assert offer_of(work, floor.ben) is None
    with begin(SETUP) as work:
        second = add_person(work, "Second", "supervisor")
        presence.ensure_agent(work, second.id, {"chat": 0, "call": 1})
    with begin(boss) as work:
        desk.accept_offer(work, offer_of(work, boss) or "")
    with pytest.raises(Conflict) as refused, begin(second) as work:
        desk.take_over(work, started.conversation_id)
    assert refused.value.code == "no_room"
    with reading(boss) as work:
        assert work.session.get_one(Conversation, started.conversation_id).agent_id == boss.id


def hand_in_form(floor: Floor, number: int) -> None:
    with begin(Actor("visitor", "new")) as work:
        web_form.take_in(
            work,
            chat.site_by_id(work, floor.site_id),
            None,
            name="",
            email=None,
            phone=None,
            text=f"form {number}",
        )


def test_forms_that_nobody_takes_hide_no_chat_behind_them(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "LOOKED_AT", 3)
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        with begin(SETUP) as work:
            setup.set_capacity(work, floor.anna.id, {"chat": 2, "ticket": 1})
        for number in range(5):
            hand_in_form(floor, number)
    with clock.moved_to(at(10)):
        first = start_chat(floor)
    with clock.moved_to(at(20)):
        come_in(floor.anna)
    with reading(floor.anna) as work:
        assert work.session.get_one(WorkItem, first.work_item_id).state == "offered"
        # Neither do they count as places before it.
        item = work.session.get_one(WorkItem, first.work_item_id)
        assert waits.position(work, item) == 1


def test_a_settling_look_finds_the_chat_behind_a_long_line(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        for number in range(5):
            hand_in_form(floor, number)
    with clock.moved_to(at(10)):
        started = start_chat(floor)
        come_in(floor.anna)
        with begin(floor.anna) as work:  # as if both transactions had missed each other
            offer = work.session.scalars(
                select(Offer).where(Offer.work_item_id == started.work_item_id)
            ).one()
            offers.end_offer(work, offer, "withdrawn", "missed")
    with begin(SETUP) as work:
        routing.settle(work, limit=3)
    with reading(floor.anna) as work:
        assert work.session.get_one(WorkItem, started.work_item_id).state == "offered"


def test_a_line_that_is_too_long_gives_away_its_end_and_no_more(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        with begin(SETUP) as work:
            second = setup.create_queue(work, name="Second line")
            rule = {"when": "queue_length", "over": 2, "to": second.id}
            setup.change_queue(work, floor.queue_id, overflow=[rule])
    started = []
    for second_s in range(4):
        with clock.moved_to(at(second_s)):
            started.append(start_chat(floor, f"chat {second_s}"))
    with clock.moved_to(at(5)):
        sweeping.overflow()
    with reading(floor.anna) as work:
        rows = [work.session.get_one(WorkItem, one.work_item_id) for one in started]
        assert [row.queue_id == second.id for row in rows] == [False, False, True, True]


def test_a_waiting_visitor_hears_of_their_place_though_no_time_can_be_told(
    database: object,
) -> None:
    floor = make_floor("Anna")
    first = start_chat(floor, "one")
    start_chat(floor, "two")
    with begin(SETUP) as work:
        shown = [waits.shown(work, item) for item in work.session.scalars(select(WorkItem))]
        assert sorted(one["position"] for one in shown) == [1, 2], "told as they came in"
        assert {one["here"] for one in shown} == {"nobody"}
        assert waits.tell_waiting(work) == [], "and nothing is new"
    with begin(Actor("visitor", first.visitor_id)) as work:
        chat.end_conversation(work, first.conversation_id, ended_by="visitor")
    with begin(SETUP) as work:
        assert [facts for _, facts in waits.tell_waiting(work)] == [
            {"position": 1, "here": "nobody"}
        ]


@pytest.mark.postgres
def test_two_first_messages_of_one_visitor_at_once_become_one_conversation(
    database: object,
) -> None:
    floor = make_floor("Anna")
    began = start_chat(floor)
    with begin(Actor("visitor", began.visitor_id)) as work:
        chat.end_conversation(work, began.conversation_id, ended_by="visitor")
    answers: list[object] = []

    def start(work) -> str:
        visitor = work.session.get_one(Visitor, began.visitor_id)
        site = chat.site_by_id(work, floor.site_id)
        return chat.start(work, site, visitor, text="Me again").conversation_id

    @answered
    def handler(payload: object) -> dict[str, object]:
        with begin(Actor("visitor", began.visitor_id)) as work:
            return {"conversation_id": start(work)}

    first: list[str] = []
    assert while_held(lambda w: first.append(start(w)), lambda: answers.append(handler({}))) == []  # type: ignore[arg-type,misc]
    assert answers == [{"conversation_id": first[0]}]


def test_what_is_offered_to_somebody_who_goes_on_a_break_is_offered_on_at_once(
    database: object,
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    start_chat(floor)
    come_in(floor.ben)
    with begin(floor.anna) as work:
        desk.set_presence(work, "break")
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)
        assert offer_of(work, floor.anna) is None
        assert work.session.get_one(AgentState, floor.anna.id).expired_in_row == 0


def test_a_desk_whose_end_could_not_be_written_down_is_closed_a_little_later(
    database: object,
) -> None:
    floor = make_floor("Anna")
    with clock.moved_to(at(0)), begin(floor.anna) as work:
        desk.connect(work, "lost-socket", process_id())  # no such socket in this process
    with clock.moved_to(at(3)):
        sockets.forget_ghosts()
    with reading(floor.anna) as work:
        assert work.session.get_one(AgentState, floor.anna.id).connected
    with clock.moved_to(at(7)):
        sockets.forget_ghosts()
    with reading(floor.anna) as work:
        assert not work.session.get_one(AgentState, floor.anna.id).connected


def test_one_thing_that_fails_holds_up_none_behind_it() -> None:
    done = []

    def do(number: int) -> None:
        if number == 1:
            raise ValueError("bad")
        done.append(number)

    with pytest.raises(ValueError, match="bad"):
        sweeping._each([1, 2, 3], do)
    assert done == [2, 3]
