"""Months of work at the desk, lived through event by event: shifts, chats, waits, wrap-ups.

A list of what happens when, worked off in the order of time through the same services that the
desk and the widget call; so waits, estimates and presence come out as they would have. Not for
who the people are (`company`, `clientele`) nor for what they say (`dialogues`).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.channels import read_marks
from helpdesk.channels import service as channels
from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.core.actors import Actor
from helpdesk.customers import service as customers
from helpdesk.demo.clientele import Client, Clientele
from helpdesk.demo.company import SITE_URL, TAGS, House
from helpdesk.demo.dialogues import Dialogue, Line, spoken
from helpdesk.demo.history_work import DEMO, HistoryWork
from helpdesk.routing import assignments, offers, presence
from helpdesk.routing import service as routing
from helpdesk.routing.events import OfferMade
from helpdesk.routing.models import AgentState, Offer, Queue, WorkItem
from helpdesk.workflows import chat, desk

PAGES = ("/", "/prices", "/moving", "/meter", "/heat-pumps", "/chargers", "/fibre", "/account")
DECLINES = ("in the middle of something", "not my topic", "back in five minutes")
NOTES = (
    "Called back on the number on record, nobody answered.",
    "Prefers to be written to, works nights.",
    "Asked for the same thing last month; please check whether it was done.",
    "Very patient. Let us be quick this time.",
    "Speaks German more easily than English.",
    "Has a key box beside the cellar door.",
)
HANDOVERS = (
    "Needs somebody who knows the contract side.",
    "It is technical after all, please take over.",
    "Customer is upset about the wait, has told everything once already.",
)


@dataclass(slots=True, eq=False)
class Talk:
    """One chat on its way; `at_line` is the next line to say, `agent` who has it."""

    dialogue: Dialogue
    lines: list[Line]
    client: Client
    conversation_id: str = ""
    item: WorkItem | None = None
    at_line: int = 1
    agent: str = ""
    queue: str = ""  # the slug of the queue it was taken from
    handed_on: bool = False
    is_over: bool = False


class Past:
    """The floor of those months. `plan_*` puts things on the list, `live_until` works it off."""

    def __init__(
        self, work: HistoryWork, house: House, clientele: Clientele, rng: random.Random
    ) -> None:
        self.work, self.house, self.clientele, self.rng = work, house, clientele, rng
        self.name_of = {actor.id: name for name, actor in house.people.items()}
        self.slug_of = {queue_id: slug for slug, queue_id in house.queues.items()}
        self.talks: dict[str, Talk] = {}
        self.in_hand: dict[str, int] = defaultdict(int)
        self.present: dict[str, str] = {}
        self.waiting: set[str] = set()
        # Rows that most steps read: held here, they stay in the session and are read once.
        self.held = [
            *work.session.scalars(select(AgentState)),
            *work.session.scalars(select(Queue)),
            work.session.get_one(WidgetSite, house.site_id),
        ]
        self.chats = 0
        self.on_ticket_offer: Callable[[OfferMade], None] | None = None
        self._list: list[tuple[datetime, int, Callable[..., object], tuple[Any, ...]]] = []
        self._count = itertools.count()

    def plan(self, at: datetime, what: Callable[..., object], *args: Any) -> None:
        heapq.heappush(self._list, (at, next(self._count), what, args))

    def live_until(self, end: datetime) -> None:
        """Everything planned before `end`, and what follows from it, happens."""
        while self._list and self._list[0][0] <= end:
            at, _, what, args = heapq.heappop(self._list)
            self.work.step(max(at, self.work.at))
            what(*args)
            for offer in self.work.offered:
                self._offered(offer)
            self.work.offered.clear()

    def close(self) -> None:
        """Whoever is still there goes home, and nothing stays open."""
        for talk in self.talks.values():
            if not talk.is_over and not talk.agent:
                self.give_up(talk)
            elif not talk.is_over:
                self._end(talk, "agent")
            if talk.agent:
                self._wrap_up(talk)
        for name in list(self.present):
            self._go_home(name)

    # Shifts

    def come_in(self, name: str) -> None:
        if name in self.present:
            return
        self.present[name] = f"past-{name.split()[0]}-{next(self._count)}"
        self.work.act_as(self._actor(name))
        presence.connected(self.work, self.work.actor.id, self.present[name], "past")
        self.choose(name, "available")

    def choose(self, name: str, state: str) -> None:
        if name in self.present:
            self.work.act_as(self._actor(name))
            presence.choose(self.work, self.work.actor.id, state)
            self.look_for_work(name)

    def leave(self, name: str) -> None:
        """The shift is over; open chats are finished first."""
        if name not in self.present:
            return
        if self.in_hand[name]:
            self.choose(name, "back_office")
            self.after(90, self.leave, name)
            return
        self._go_home(name)

    def lose_browser(self, name: str) -> None:
        """The browser crashes and is back within the minute: the chats are kept."""
        if name not in self.present:
            return
        self.work.act_as(self._actor(name))
        desk.disconnect(self.work, self.present[name])
        self.after(self.rng.uniform(12, 45), self._come_back, name)

    def _come_back(self, name: str) -> None:
        if name in self.present:
            self.work.act_as(self._actor(name))
            presence.connected(self.work, self.work.actor.id, self.present[name], "past")
            self.look_for_work(name)

    def _go_home(self, name: str) -> None:
        self.work.act_as(self._actor(name))
        presence.choose(self.work, self.work.actor.id, "offline")
        desk.disconnect(self.work, self.present.pop(name))

    def look_for_work(self, name: str) -> None:
        """An agent may have got free; looked for only where somebody waits, to save the time."""
        if self.waiting:
            routing.look_for_work(self.work, self._actor(name).id)

    # A chat from the visitor's side

    def write(self, client: Client | None, dialogue: Dialogue) -> None:
        """Somebody opens the chat: a customer's known browser, or one never seen before."""
        rng = self.rng
        if client is not None and client.in_chat:
            return
        visitor = None
        person = client.person if client else self.clientele.people.next()
        if client is not None:
            visitor_id = self.clientele.browser_of(client)
            visitor = self.work.session.get(Visitor, visitor_id)
        named = rng.random() < 0.75
        day = (self.work.at + timedelta(days=rng.randrange(6, 40))).strftime("%-d %B")
        lines = spoken(dialogue, rng, person.first if client or named else "", day)
        self.work.act_as(client.actor if client else Actor("visitor", "new"))
        started = chat.start(
            self.work,
            chat.site_by_id(self.work, self.house.site_id),
            visitor,
            text=lines[0][1],
            name=person.name if named else None,
            email=person.email if named and rng.random() < 0.6 else None,
            queue=dialogue.queue,
            page_url=f"{SITE_URL}{rng.choice(PAGES)}",
        )
        if client is None:
            client = self._newcomer(started.visitor_id, person, named)
        assert started.work_item_id is not None
        client.in_chat = True
        item = self.work.session.get_one(WorkItem, started.work_item_id)
        talk = Talk(dialogue, lines, client, started.conversation_id, item)
        self.talks[started.conversation_id] = talk
        self.waiting.add(started.conversation_id)
        self.chats += 1
        self.after(rng.lognormvariate(5.2, 0.6), self.give_up, talk)
        for after in (2, 21, 31, 61, 91, 181):
            self.after(after, self.look_again, talk)

    def _newcomer(self, visitor_id: str, person: Any, named: bool) -> Client:
        visitor = self.work.session.get_one(Visitor, visitor_id)
        client = Client(visitor.customer_id, person, visitor_id, is_named=named)
        self.clientele.known.append(client)
        return client

    def give_up(self, talk: Talk) -> None:
        """The visitor has waited long enough; too late once somebody has the chat."""
        if talk.agent or talk.is_over:
            return
        self.work.act_as(talk.client.actor)
        self._over(talk)
        chat.end_conversation(self.work, talk.conversation_id, ended_by="visitor")

    def look_again(self, talk: Talk) -> None:
        """What the sweeper does: rules that relaxed by now, queues that nobody serves."""
        if talk.agent or talk.is_over:
            return
        item = talk.item
        if item is None or item.state != "waiting":
            return
        slug, general = self.slug_of[item.queue_id], self.house.queues["general"]
        age = (self.work.at - item.waiting_since).total_seconds()
        if slug == "contracts" and not self._anybody_for(slug):
            routing.move(self.work, item, general, "overflow:nobody_signed_in")
        elif slug == "technical-help" and age > 180:
            routing.move(self.work, item, general, "overflow:age")
        routing.look_for_agent(self.work, item)

    def _anybody_for(self, slug: str) -> bool:
        return any(slug in self.house.members[name].queues for name in self.present)

    # The same from the agent's side

    def _offered(self, offer: OfferMade) -> None:
        if offer.subject_kind == "ticket":
            if self.on_ticket_offer is not None:
                self.on_ticket_offer(offer)
            return
        chance, rng = self.rng.random(), self.rng
        if chance < 0.03:
            self.plan(datetime.fromisoformat(offer.expires_at), self._expire, offer)
        elif chance < 0.07:
            self.after(rng.uniform(3, 10), self._decline, offer)
        else:
            self.after(min(26.0, 2 + rng.expovariate(0.22)), self._accept, offer)

    def _accept(self, offer: OfferMade) -> None:
        talk = self.talks[offer.subject_id]
        name = self.name_of[offer.agent_id]
        if not self.is_live(offer) or talk.is_over:
            return
        talk.queue = self.slug_of[offer.queue_id]
        self.work.act_as(self._actor(name))
        desk.accept_offer(self.work, offer.offer_id)
        talk.agent = name
        self.waiting.discard(talk.conversation_id)
        self.in_hand[name] += 1
        self.after(self._pause("agent", talk), self._say, talk, name)

    def _decline(self, offer: OfferMade) -> None:
        if self.is_live(offer):
            self.work.act_as(self._actor(self.name_of[offer.agent_id]))
            desk.decline_offer(self.work, offer.offer_id, self.rng.choice(DECLINES))

    def _expire(self, offer: OfferMade) -> None:
        if offer.offer_id in self.work.ended_offers:
            return
        row = self.work.session.get_one(Offer, offer.offer_id)
        item = offers.expire(self.work, row)
        if item is not None and item.state == "waiting":
            routing.look_for_agent(self.work, item)
        # Not responding after the second one; noticed and mended within a minute or so.
        self.after(
            self.rng.uniform(40, 100), self.choose, self.name_of[offer.agent_id], "available"
        )

    def _say(self, talk: Talk, name: str) -> None:
        """The next line, by whoever's turn it is; after the last one the chat ends."""
        if talk.is_over or talk.agent != name:
            return
        if talk.at_line >= len(talk.lines):
            self._end(talk, "agent" if self.rng.random() < 0.65 else "visitor")
            return
        who, text = talk.lines[talk.at_line]
        if who == "agent" and talk.at_line > 1 and self._hand_on(talk, name):
            return
        talk.at_line += 1
        if who == "visitor":
            self.work.act_as(talk.client.actor)
            chat.say(self.work, talk.conversation_id, text=text, client_msg_id=None)
        else:
            self.work.act_as(self._actor(name))
            channels.post(
                self.work, talk.conversation_id, author=f"agent:{self.work.actor.id}", text=text
            )
            self._aside(talk, name)
        self.after(self._pause(who, talk), self._say, talk, name)

    def _aside(self, talk: Talk, name: str) -> None:
        """Now and then a note for colleagues, or a colleague asked in."""
        chance = self.rng.random()
        if chance < 0.025:
            colleagues = [n for n in self.present if n != name and self._serves(n, talk)]
            if colleagues:
                asked = self.house.people[self.rng.choice(colleagues)]
                desk.ask_consult(
                    self.work, talk.conversation_id, asked.id, "Have you seen this before?"
                )
        elif chance < 0.06:
            desk.send_message(
                self.work, talk.conversation_id, text=self.rng.choice(NOTES), public=False,
                client_msg_id=None,
            )  # fmt: skip

    def _hand_on(self, talk: Talk, name: str) -> bool:
        """One chat in twenty goes on to a colleague or another queue, with a note."""
        if talk.handed_on or self.rng.random() > 0.022:
            return False
        talk.handed_on = True
        colleagues = [n for n in self.present if n != name and self._serves(n, talk)]
        to_agent = self.house.people[self.rng.choice(colleagues)].id if colleagues else None
        queue = None if to_agent else self.house.queues["general"]
        self.work.act_as(self._actor(name))
        talk.agent = ""
        self.waiting.add(talk.conversation_id)
        self.in_hand[name] -= 1
        desk.transfer(
            self.work, talk.conversation_id, to_agent=to_agent, to_queue=queue,
            note=self.rng.choice(HANDOVERS),
        )  # fmt: skip
        self.after(240, self.give_up, talk)
        return True

    def _serves(self, name: str, talk: Talk) -> bool:
        """Whether this colleague is one of those the chat could have come to anyway."""
        item = routing.item_of(self.work, "conversation", talk.conversation_id)
        return item is not None and routing.fits(self.work, item, self.house.people[name].id)

    def _end(self, talk: Talk, by: str) -> None:
        actor = self._actor(talk.agent)
        self.work.act_as(actor)
        read_marks.mark_read(self.work, talk.conversation_id, reader="agent", seq=talk.at_line)
        self._over(talk)
        if by == "visitor":
            self.work.act_as(talk.client.actor)
        chat.end_conversation(self.work, talk.conversation_id, ended_by=by)
        if self.rng.random() < 0.88:
            self.after(self.rng.uniform(8, 55), self._wrap_up, talk)
        else:
            self.after(91 if talk.dialogue.queue != "contracts" else 121, self._time_up, talk)

    def _wrap_up(self, talk: Talk) -> None:
        if talk.item is None:
            return
        self.work.act_as(self._actor(talk.agent))
        outcome, note = talk.dialogue.outcome, talk.dialogue.note
        if talk.queue != talk.dialogue.queue:
            outcome = "resolved"  # the codes of its own queue are not known in this one
        if self.rng.random() < 0.08:
            outcome, note = "no_answer", "Customer stopped answering."
        assignments.finish_wrap_up(
            self.work, talk.item, self.work.actor.id, outcome=outcome, note_text=note,
            next_step="Call back" if outcome == "follow_up" else "",
        )  # fmt: skip
        self.in_hand[talk.agent] -= 1
        self.look_for_work(talk.agent)
        self._remember(talk)
        talk.item = None

    def _time_up(self, talk: Talk) -> None:
        if talk.item is None:
            return
        assignment = assignments.open_for_item(self.work, talk.item.id)
        assert assignment is not None
        self.work.act_as(DEMO)
        assignments.end_by_time_limit(self.work, assignment, talk.item)
        self.in_hand[talk.agent] -= 1
        self.look_for_work(talk.agent)
        talk.item = None

    def _remember(self, talk: Talk) -> None:
        """What agents add to the record afterwards."""
        chance = self.rng.random()
        if chance < 0.07:
            customers.add_note(self.work, talk.client.customer_id, self.rng.choice(NOTES))
        elif chance < 0.13:
            customers.add_tag(self.work, talk.client.customer_id, self.rng.choice(TAGS))

    def _over(self, talk: Talk) -> None:
        talk.is_over = True
        self.waiting.discard(talk.conversation_id)
        talk.client.in_chat = False

    def is_live(self, offer: OfferMade) -> bool:
        ended = offer.offer_id in self.work.ended_offers
        return not ended and datetime.fromisoformat(offer.expires_at) > self.work.at

    def _pause(self, who: str, talk: Talk) -> float:
        """How long the next line takes to write, after one by `who`."""
        following = talk.lines[talk.at_line][1] if talk.at_line < len(talk.lines) else ""
        reading, typing = (4, 0.22) if who == "agent" else (6, 0.28)
        return reading + len(following) * typing * self.rng.uniform(0.6, 1.9)

    def _actor(self, name: str) -> Actor:
        return self.house.people[name]

    def after(self, seconds: float, what: Callable[..., object], *args: Any) -> None:
        self.plan(self.work.at + timedelta(seconds=round(seconds, 1)), what, *args)
