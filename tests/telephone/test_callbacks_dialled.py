"""Callbacks rung over the carrier: reached, not reached, a machine, and never by two of ours."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select, text, update

from helpdesk.calls.models import Callback
from helpdesk.channels.models import Conversation
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.work import Work, begin
from helpdesk.customers.models import NoCalls
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import calling_back, calling_back_dialled, chat, desk, sweeping
from tests.telephone.centre import NUMBER, Centre
from tests.telephone.test_calling_out import creations, outcome, said

THEIRS = "+447400123456"


def asked(centre: Centre, number: str = THEIRS) -> str:
    with centre.at(Actor("visitor", "new")) as work:
        site = chat.site_by_id(work, centre.floor.site_id)
        return calling_back.ask_from_page(work, site, None, number=number, about="My bill")[0].id


def callback(centre: Centre, id_: str) -> Callback:
    with centre.look() as work:
        return work.session.get_one(Callback, id_)


def accepts(centre: Centre, agent: Actor, id_: str) -> None:
    centre.accepts(agent)
    centre.page(agent).connect({"call": id_})
    centre.exchange.advance(3)


def until_tried_again(centre: Centre, seconds: int) -> None:
    centre.exchange.advance(seconds)
    with clock.moved_to(centre.exchange.now()):
        sweeping.ring_back()
    centre.exchange.settle()


def test_accepting_a_callback_rings_them_and_a_talk_ends_it(centre: Centre) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    assert centre.caller.ringing
    assert centre.caller.ringing.from_ == NUMBER
    centre.comes_in(centre.ben)
    assert centre.offer(centre.ben) is None, "one callback, one agent"
    centre.caller.answer()
    centre.exchange.advance(3)
    assert centre.talk(centre.page(centre.anna), centre.caller)
    assert callback(centre, id_).state == "reached"
    centre.exchange.advance(20)
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, id_)
        desk.finish_wrap_up(work, id_, outcome="resolved")
    assert centre.caller.call is None
    assert centre.call.talk_s == 23
    assert (creations(centre), centre.undone()) == (1, [])


def test_whom_nobody_reaches_is_tried_again_by_itself_and_then_written_to(centre: Centre) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    for when, seconds in (("busy", 601), ("ring", 3601), ("unreachable", 0)):
        centre.caller.when_called = when  # type: ignore[assignment]
        accepts(centre, centre.anna, id_)
        centre.exchange.advance(45)
        assert centre.page(centre.anna).call is None
        with centre.look() as work:
            assert not desk.desk_work(work, centre.anna.id)["in_hand"], "free for the next at once"
        if seconds:
            assert callback(centre, id_).state == "planned"
            until_tried_again(centre, seconds)
    assert callback(centre, id_).state == "failed"
    assert creations(centre) == 3
    with centre.look() as work:
        assert work.session.scalars(select(Ticket.subject)).one().startswith("Not reached")
    told = said(centre, id_)
    assert "The line was busy, try 1" in told
    assert "Nobody answered, try 2" in told
    assert centre.undone() == []


@pytest.mark.parametrize("agent_says", [None, "message", "person"])
def test_a_machine_is_told_and_counts_as_no_answer_unless_the_agent_says_otherwise(
    centre: Centre, agent_says: str | None
) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    centre.caller.when_called = "machine"
    accepts(centre, centre.anna, id_)
    centre.exchange.advance(6)
    assert centre.talk(centre.page(centre.anna), centre.caller), "one may speak to it"
    with centre.look() as work:
        shown = calling_back_dialled.shown(
            work, work.session.get_one(Conversation, id_), centre.call
        )
    assert shown
    assert shown["machine"] is True
    assert callback(centre, id_).state == "waiting"
    assert "An answering machine seems to have answered" in said(centre, id_)
    if agent_says:
        with centre.at(centre.anna) as work:
            calling_back_dialled.say_who_answered(work, id_, agent_says)
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, id_)
    assert centre.caller.call is None
    if agent_says:
        assert (callback(centre, id_).state, callback(centre, id_).attempts) == ("reached", 1)
        with centre.at(centre.anna) as work:
            desk.finish_wrap_up(work, id_, outcome="no_answer")
    else:
        assert callback(centre, id_).state == "planned"
        assert "Nobody answered, try 1" in said(centre, id_)
    assert centre.undone() == []


def test_a_machine_that_hangs_up_by_itself_leads_to_another_try(centre: Centre) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    centre.caller.when_called = "machine"
    accepts(centre, centre.anna, id_)
    centre.exchange.advance(6)
    centre.caller.hang_up()
    assert callback(centre, id_).state == "planned"
    assert centre.page(centre.anna).call is None


def test_an_agent_lost_while_it_rings_leaves_the_try_to_the_next(centre: Centre) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    assert centre.caller.ringing
    centre.page(centre.anna).unregister()
    centre.comes_in(centre.ben)
    centre.sweep(22)
    assert centre.caller.ringing is None, "nobody picks up where nobody is"
    assert outcome(centre) == ("over", "cancelled")
    accepts(centre, centre.ben, id_)
    centre.caller.answer()
    assert centre.talk(centre.page(centre.ben), centre.caller)
    assert callback(centre, id_).attempts == 1
    assert creations(centre) == 2


def test_an_agent_lost_in_the_talk_hands_them_on_and_they_are_not_rung_again(
    centre: Centre,
) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    centre.caller.answer()
    centre.exchange.advance(5)
    centre.page(centre.anna).unregister()
    centre.comes_in(centre.ben)
    centre.sweep(22)
    assert centre.caller.call is not None
    accepts(centre, centre.ben, id_)
    assert centre.talk(centre.page(centre.ben), centre.caller)
    assert creations(centre) == 1
    centre.caller.hang_up()
    assert callback(centre, id_).state == "reached"


def test_a_wrong_number_is_never_rung_again(centre: Centre) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    centre.caller.answer()
    with centre.at(centre.anna) as work:
        calling_back_dialled.wrong_number(work, id_)
    assert centre.caller.call is None
    assert callback(centre, id_).state == "failed"
    with centre.look() as work:
        assert work.session.scalars(select(NoCalls.kind)).one() == "wrong"
    again = asked(centre)
    centre.accepts(centre.anna)
    assert creations(centre) == 1
    with centre.look() as work:
        told = calling_back_dialled.refused(work, work.session.get_one(Callback, again))
    assert told == "This number was reported as wrong. Don't ring it."
    with centre.at(centre.anna) as work, pytest.raises(Conflict, match="ended"):
        calling_back_dialled.wrong_number(work, id_)


@pytest.mark.postgres
def test_whoever_loses_a_callback_at_this_moment_says_nothing_of_it_any_more(
    centre: Centre,
) -> None:
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    centre.caller.answer()
    ends: list[str] = []
    at = centre.exchange.now()

    def says() -> None:
        try:
            with clock.moved_to(at), begin(centre.anna) as work:
                calling_back_dialled.wrong_number(work, id_)
            ends.append("said")
        except Forbidden as error:
            ends.append(error.code)

    speaking = threading.Thread(target=says)
    with centre.at() as work:
        changed = update(Conversation).where(Conversation.id == id_)
        work.session.execute(changed.values(agent_id=centre.ben.id))
        speaking.start()
        deadline = time.monotonic() + 30
        while not _somebody_waits(work) and time.monotonic() < deadline:
            time.sleep(0.02)
    speaking.join()
    assert ends == ["not_your_conversation"]
    assert callback(centre, id_).state == "reached"


def _somebody_waits(work: Work) -> bool:
    return bool(work.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
