"""Simulated agents: colleagues who answer, one whose browser dies, one who declines.

They act through the same workflows as a desk, with a connection of this process, so the rules see
no difference. Not for the visitors (see `guests`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import Actor
from helpdesk.core.heartbeats import process_id
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.demo.guests import Guest
from helpdesk.demo.history_work import DEMO
from helpdesk.demo.timetable import Timetable
from helpdesk.identity.models import User
from helpdesk.routing import presence
from helpdesk.routing.models import AgentState, Assignment, Offer, WorkItem
from helpdesk.workflows import desk

Kind = Literal["colleague", "loses_browser", "declines"]
OPENINGS = ("Hello, how can I help?", "Good day, I am looking into it.")
FILLERS = (
    "I see. One moment, I look it up.",
    "Thank you. Is there anything else I should know?",
    "That is done. Can I help with anything else?",
)
CHATS_EACH = 8


@dataclass(slots=True, eq=False)
class Robot:
    """A simulated agent at work. `busy` are offers and chats with a step planned."""

    actor: Actor
    name: str
    kind: Kind
    sid: str
    busy: set[str] = field(default_factory=set)
    said: dict[str, int] = field(default_factory=dict)


class Robots:
    def __init__(
        self, timetable: Timetable, guests: dict[str, Guest], tell: Callable[[str], None]
    ) -> None:
        self.here: dict[str, Robot] = {}
        self._timetable, self._guests, self._tell = timetable, guests, tell
        self._rng = random.Random()

    def come(self, user_id: str, kind: Kind) -> Robot:
        """Open a desk for this user and be available; who is here already stays as they are."""
        if user_id in self.here:
            return self.here[user_id]
        with begin(DEMO) as work:
            user = work.session.get_one(User, user_id)
            sid = f"{presence.NO_SOCKET}{new_id()}"
            robot = Robot(Actor("user", user_id, role="agent"), user.public_name, kind, sid)
            work.actor = robot.actor
            self.here[user_id] = robot
            desk.connect(work, robot.sid, process_id())
            desk.set_presence(work, "available")
        return robot

    def go(self, user_id: str) -> None:
        """Go offline; chats in hand are ended first, as a person would."""
        robot = self.here.pop(user_id, None)
        if robot is None:
            return
        with begin(robot.actor) as work:
            presence.choose(work, user_id, "offline")
        for conversation_id in _in_hand(robot):
            with begin(robot.actor) as work:
                desk.end_by_agent(work, conversation_id)
        for conversation_id in _in_wrap_up(robot):
            with begin(robot.actor) as work:
                desk.finish_wrap_up(work, conversation_id, outcome="resolved")
        with begin(robot.actor) as work:
            desk.disconnect(work, robot.sid)

    def go_unless_gone(self, robot: Robot) -> None:
        """The same, unless this one went before and another came in between."""
        if self.here.get(robot.actor.id) is robot:
            self.go(robot.actor.id)

    def look(self) -> None:
        """Answer offers, messages and wrap-ups that are there by now."""
        for robot in list(self.here.values()):
            for offer_id, conversation_id in _offers(robot):
                self._once(robot, offer_id, self._rng.uniform(1.5, 3.5), self._offer,
                           robot, offer_id, conversation_id)  # fmt: skip
            if robot.kind != "colleague":
                continue
            for conversation_id in _unanswered(robot):
                self._once(robot, conversation_id, self._rng.uniform(3, 7), self._answer,
                           robot, conversation_id)  # fmt: skip
            for conversation_id in _in_wrap_up(robot):
                self._once(robot, f"wrap-{conversation_id}", self._rng.uniform(5, 12),
                           self._wrap_up, robot, conversation_id)  # fmt: skip

    def _once(
        self, robot: Robot, key: str, seconds: float, what: Callable[..., None], *args: object
    ) -> None:
        if key in robot.busy:
            return
        robot.busy.add(key)

        def act() -> None:
            robot.busy.discard(key)
            if robot.actor.id in self.here:
                what(*args)

        self._timetable.plan(seconds, act)

    def _offer(self, robot: Robot, offer_id: str, conversation_id: str) -> None:
        guest = self._guests.get(conversation_id)
        whom = guest.name if guest else "a visitor"
        if robot.kind == "declines":
            with begin(robot.actor) as work:
                desk.decline_offer(work, offer_id, "lunch")
            self._tell(f"{robot.name} declines the chat of {whom}; the next one is asked")
            self._timetable.plan(4, self.go_unless_gone, robot)
            return
        with begin(robot.actor) as work:
            desk.accept_offer(work, offer_id)
        self._tell(f"{robot.name} takes the chat of {whom}")
        if robot.kind == "loses_browser":
            self._timetable.plan(2.5, self._answer, robot, conversation_id)
            self._timetable.plan(6, self._lose, robot, whom)

    def _lose(self, robot: Robot, whom: str) -> None:
        """The browser is gone without a word. The rules do the rest."""
        self.here.pop(robot.actor.id, None)
        with begin(robot.actor) as work:
            desk.disconnect(work, robot.sid)
        self._tell(f"{robot.name}'s browser died; the chat of {whom} is kept for 60 seconds")
        self._timetable.plan(
            62, self._tell, f"The chat of {whom} is back in line, before all others"
        )
        self._timetable.plan(75, _offline, robot)

    def _answer(self, robot: Robot, conversation_id: str) -> None:
        guest = self._guests.get(conversation_id)
        said = robot.said.get(conversation_id, 0)
        robot.said[conversation_id] = said + 1
        if said >= CHATS_EACH:
            with begin(robot.actor) as work:
                desk.end_by_agent(work, conversation_id)
            return
        if guest is not None and guest.hears:
            text = guest.hears.popleft()
        else:
            text = self._rng.choice(FILLERS if said else OPENINGS)
        with begin(robot.actor) as work:
            desk.send_message(work, conversation_id, text=text, public=True, client_msg_id=None)

    def _wrap_up(self, robot: Robot, conversation_id: str) -> None:
        robot.said.pop(conversation_id, None)
        with begin(robot.actor) as work:
            desk.finish_wrap_up(work, conversation_id, outcome="resolved")


def _offline(robot: Robot) -> None:
    """Nobody comes back to that desk: say so on the floor."""
    with begin(robot.actor) as work:
        if not presence.get_state(work, robot.actor.id).connected:
            presence.choose(work, robot.actor.id, "offline")


def send_home(user_ids: list[str]) -> None:
    """Robots of a process that is gone: their desks are swept, their presence ends here."""
    for user_id in user_ids:
        with begin(DEMO) as work:
            state = work.session.get(AgentState, user_id)
            if state is not None and state.presence != "offline":
                presence.choose(work, user_id, "offline")


def _offers(robot: Robot) -> list[tuple[str, str]]:
    with reading(robot.actor) as work:
        rows = work.session.execute(
            select(Offer.id, WorkItem.subject_id)
            .join(WorkItem, WorkItem.id == Offer.work_item_id)
            .where(Offer.agent_id == robot.actor.id, Offer.state == "live", Offer.channel == "chat")
        )
        return [(offer_id, subject_id) for offer_id, subject_id in rows]


def _in_hand(robot: Robot) -> list[str]:
    with reading(robot.actor) as work:
        return list(_open_conversations(work, robot))


def _open_conversations(work: Work, robot: Robot) -> list[str]:
    return list(
        work.session.scalars(
            select(Conversation.id).where(
                Conversation.agent_id == robot.actor.id, Conversation.state == "active"
            )
        )
    )


def _unanswered(robot: Robot) -> list[str]:
    """Chats in hand in which the visitor had the last word."""
    found = []
    with reading(robot.actor) as work:
        for conversation_id in _open_conversations(work, robot):
            author = work.session.scalar(
                select(Message.author)
                .where(Message.conversation_id == conversation_id, Message.public)
                .order_by(Message.seq.desc())
                .limit(1)
            )
            if author == "visitor":
                found.append(conversation_id)
    return found


def _in_wrap_up(robot: Robot) -> list[str]:
    with reading(robot.actor) as work:
        return list(
            work.session.scalars(
                select(WorkItem.subject_id)
                .join(Assignment, Assignment.work_item_id == WorkItem.id)
                .where(
                    Assignment.agent_id == robot.actor.id,
                    Assignment.finished_at.is_(None),
                    Assignment.contact_ended_at.is_not(None),
                )
            )
        )
