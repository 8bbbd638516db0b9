"""Simulated visitors and agents, driven by a clock of the test's own instead of a thread."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin, reading
from helpdesk.demo.traffic import Traffic
from helpdesk.identity.models import User
from helpdesk.routing.models import AgentState, Assignment, Offer, WorkItem
from helpdesk.workflows import desk

ANYBODY = system("test")
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Hours:
    """Time for the timetable; `pass_` lets it go by second after second."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.traffic = Traffic(lambda: self.seconds)
        assert self.traffic.is_there()

    def pass_(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds += 0.5
            self.traffic.timetable.do_due()
            if until():
                return True
        return False


@pytest.fixture
def hours(little_company: object) -> Hours:
    return Hours()


def lena() -> Actor:
    with reading(ANYBODY) as work:
        user_id = work.session.scalar(select(User.id).where(User.name == "Lena Brandt"))
    assert user_id is not None
    return Actor("user", user_id, role="agent")


def come_in(agent: Actor) -> None:
    with begin(agent) as work:
        desk.connect(work, f"sid-{agent.id}", "test")
        desk.set_presence(work, "available")


def count(*where: object, of: type = WorkItem) -> int:
    with reading(ANYBODY) as work:
        return work.session.scalar(select(func.count()).select_from(of).where(*where)) or 0  # type: ignore[arg-type]


def test_a_visitor_is_offered_to_whoever_is_there_answers_and_leaves(hours: Hours) -> None:
    agent = lena()
    come_in(agent)
    hours.traffic.visitors(1)
    hours.pass_(2)
    with begin(agent) as work:
        (offer,) = [o for o in desk.desk_work(work, agent.id)["offers"] if o.channel == "chat"]
        _, item = desk.accept_offer(work, offer.id)
        chat_id = item.subject_id
        desk.send_message(work, chat_id, text="Hello", public=True, client_msg_id=None)
    hours.pass_(9)
    mine = Message.conversation_id == chat_id
    assert count(mine, Message.author == "visitor", of=Message) >= 2
    for _ in range(12):
        if count(Conversation.id == chat_id, Conversation.state == "ended", of=Conversation):
            break
        with begin(agent) as work:
            desk.send_message(work, chat_id, text="I see", public=True, client_msg_id=None)
        hours.pass_(10)
    with reading(ANYBODY) as work:
        assert work.session.get_one(Conversation, chat_id).ended_by == "visitor"
    assert hours.traffic.figures()["visitors"] == 0


def test_there_are_never_more_than_sixty_visitors(hours: Hours) -> None:
    came = [hours.traffic.visitors(10) for _ in range(8)]
    assert sum(came) == 60
    assert came[-1] == 0


def test_a_visitor_who_waits_too_long_leaves_by_themselves(hours: Hours) -> None:
    hours.traffic.visitors(2)
    hours.pass_(3)
    assert hours.traffic.figures()["waiting"] == 2
    assert hours.pass_(700, lambda: hours.traffic.figures()["visitors"] == 0)
    assert hours.traffic.figures()["waiting"] == 0


def test_the_visitor_who_is_sent_away_is_one_who_waits(hours: Hours) -> None:
    assert hours.traffic.visitor_leaves() is None
    hours.traffic.visitors(1)
    hours.pass_(1)
    assert hours.traffic.visitor_leaves()
    hours.pass_(1)
    assert hours.traffic.figures() == {
        "waiting": 0, "offered": 0, "active": 0, "agents": 0, "visitors": 0,
    }  # fmt: skip


def test_an_agent_takes_a_chat_and_vanishes(hours: Hours) -> None:
    come_in(lena())
    assert hours.traffic.browser_dies()
    assert hours.pass_(20, lambda: count(Assignment.lost_at.is_not(None), of=Assignment) == 1)
    assert not hours.traffic.robots.here
    with reading(ANYBODY) as work:
        lost = work.session.scalars(select(Assignment).where(Assignment.lost_at.is_not(None))).one()
        name = work.session.get_one(User, lost.agent_id).name
        assert name == "Mia Schulz"
        assert work.session.get_one(AgentState, lost.agent_id).connected is False


def test_an_agent_declines_and_the_next_one_is_asked(hours: Hours) -> None:
    agent = lena()
    come_in(agent)
    assert hours.traffic.agent_declines()
    assert not hours.traffic.agent_declines(), "one Oskar at a time"
    assert hours.pass_(
        20,
        lambda: (
            count(
                Offer.state == "live", Offer.channel == "chat", Offer.agent_id == agent.id, of=Offer
            )
            == 1
        ),
    )
    with reading(ANYBODY) as work:
        declined = work.session.scalars(
            select(Offer).where(Offer.state == "declined", Offer.reason == "lunch")
        ).one()
        assert work.session.get_one(User, declined.agent_id).name == "Oskar Lindqvist"


def test_simulated_colleagues_take_answer_and_wrap_up(hours: Hours) -> None:
    hours.traffic.set_colleagues(True)
    hours.traffic.visitors(2)
    before = count(Assignment.outcome == "resolved", of=Assignment)
    done = lambda: count(Assignment.outcome == "resolved", of=Assignment) >= before + 2  # noqa: E731
    assert hours.pass_(400, done)
    hours.traffic.set_colleagues(False)
    hours.pass_(3)
    assert count(AgentState.connected, of=AgentState) == 0


def test_steady_traffic_brings_visitors_until_it_is_switched_off(hours: Hours) -> None:
    hours.traffic.set_steady(True)
    hours.pass_(60)
    there = hours.traffic.figures()["visitors"]
    assert 3 <= there <= 9
    hours.traffic.set_steady(False)
    hours.pass_(30)
    assert hours.traffic.figures()["visitors"] <= there


def test_after_a_restart_nobody_waits_for_visitors_that_are_gone(hours: Hours) -> None:
    hours.traffic.set_colleagues(True)
    hours.traffic.visitors(3)
    hours.pass_(2)
    again = Hours()
    again.traffic._tidy()
    assert again.traffic.figures()["waiting"] == 0
    assert again.traffic.figures()["offered"] == 0
    open_chats = (Conversation.state != "ended", Conversation.channel == "chat")
    assert count(*open_chats, of=Conversation) == 0
    assert count(AgentState.presence != "offline", of=AgentState) == 0


def test_a_step_that_fails_does_not_stop_the_others(hours: Hours) -> None:
    def fail() -> None:
        raise RuntimeError("no")

    done: list[int] = []
    hours.traffic.timetable.plan(0, fail)
    hours.traffic.timetable.plan(0.1, done.append, 1)
    hours.pass_(1)
    assert done == [1]
