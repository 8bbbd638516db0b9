"""Simulated visitors of today: they write, answer whoever takes their chat, and leave.

They go through the same workflows as the widget's socket. Not for the agents (see `robots`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from helpdesk.channels import read_marks, visitors
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import Actor
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.customers import service as customers
from helpdesk.demo.company import SITE_URL
from helpdesk.demo.dialogues import TEXTS, Dialogue, of_queue, spoken
from helpdesk.demo.history_work import DEMO
from helpdesk.demo.names import People
from helpdesk.demo.timetable import Timetable
from helpdesk.realtime.frames import AGENT, Frame, agent_room, conversation_room
from helpdesk.realtime.hub import hub
from helpdesk.routing import floor
from helpdesk.routing import service as routing
from helpdesk.workflows import chat

MOST = 60
PATIENCE_S = (240, 600)
SILENCE_S = 150
GIVES_UP_S = 420
PAGES = ("/", "/prices", "/moving", "/meter", "/heat-pumps", "/chargers")
BYES = ("Thank you, bye.", "Thanks, have a nice day.", "That was all, thank you.")
QUEUE_WORDS = {"general": "General", "billing": "Billing", "technical-help": "Technical help",
               "contracts": "Contracts"}  # fmt: skip
WEIGHTS = {"general": 4, "billing": 3, "technical-help": 2, "contracts": 2}


@dataclass(slots=True, eq=False)
class Guest:
    """One simulated visitor in one chat. `says` and `hears` are the lines still to come."""

    name: str
    actor: Actor
    conversation_id: str
    dialogue: Dialogue
    says: deque[str]
    hears: deque[str]
    patience: float
    heard_at: float
    seen: int = 1
    is_busy: bool = False
    has_asked: bool = False
    is_waiting: bool = True


class Guests:
    """All of them. `regulars` are (customer id, first name) of people on record."""

    def __init__(self, timetable: Timetable, tell: Callable[[str], None]) -> None:
        self.here: dict[str, Guest] = {}
        self.site_id = ""
        self.regulars: list[tuple[str, str]] = []
        self._timetable, self._tell = timetable, tell
        self._rng = random.Random()
        self._people = People(self._rng)

    def chance(self) -> float:
        return self._rng.random()

    def write(self, owner_id: str | None = None, queue: str | None = None) -> None:
        """One more visitor opens the chat; with `owner_id` a customer of that agent."""
        if len(self.here) >= MOST:
            return
        rng = self._rng
        with begin(DEMO) as work:
            site = chat.site_by_id(work, self.site_id)
            slug = queue or self._queue(work)
            dialogue = rng.choice(of_queue(slug))
            customer_id, name, email = self._who(work, owner_id)
            visitor = None
            if customer_id:
                visitor, _ = visitors.new_visitor(work, site.id, customer_id)
                work.session.flush()
            day = (work.at + timedelta(days=rng.randrange(6, 40))).strftime("%-d %B")
            lines = spoken(dialogue, rng, name.split()[0], day)
            work.actor = Actor("visitor", visitor.id if visitor else "new", customer_id=customer_id)
            started = chat.start(
                work, site, visitor, text=lines[0][1], name=name, email=email, queue=slug,
                page_url=f"{SITE_URL}{rng.choice(PAGES)}",
            )  # fmt: skip
        self.here[started.conversation_id] = Guest(
            name,
            Actor("visitor", started.visitor_id, customer_id=customer_id),
            started.conversation_id,
            dialogue,
            deque(text for who, text in lines[1:] if who == "visitor"),
            deque(text for who, text in lines if who == "agent"),
            self._timetable.now() + rng.uniform(*PATIENCE_S),
            self._timetable.now(),
        )
        self._tell(f"{name} writes to {QUEUE_WORDS[slug]}")
        if started.work_item_id:
            with begin(DEMO) as work:
                chat.look_again(work, started.work_item_id)

    def _who(self, work: Work, owner_id: str | None) -> tuple[str | None, str, str | None]:
        """Somebody on record more often than not; answers (customer or none, name, e-mail)."""
        rng = self._rng
        if owner_id:
            person = self._people.next()
            known = customers.create_customer(
                work, name=person.name, contact_points=[("email", person.email)],
                owner_id=owner_id, source="portal",
            )  # fmt: skip
            return known.id, person.name, None
        chatting = {guest.actor.customer_id for guest in self.here.values()}
        free = [r for r in self.regulars if r[0] not in chatting]
        if free and rng.random() < 0.65:
            found = records.find(work, rng.choice(free)[0])
            if found is not None and found.name:
                return found.id, found.name, None
        person = self._people.next()
        return None, person.name, person.email if rng.random() < 0.5 else None

    def _queue(self, work: Work) -> str:
        """Where somebody would answer soon; General while nobody is at the desk."""
        people = [p for p in floor.agents(work) if p.on_duty]
        served = {str(queue) for p in people for queue in p.queues}
        slugs = {s: routing.find_queue(work, s) for s in TEXTS}
        open_ = [s for s, line in slugs.items() if line is not None and line.id in served]
        if not open_:
            return "general"
        return self._rng.choices(open_, [WEIGHTS[s] for s in open_])[0]

    def look(self) -> None:
        """See what was written to whom, and let them answer as people do."""
        if not self.here:
            return
        with reading(DEMO) as work:
            rows = work.session.execute(
                select(
                    Conversation.id, Conversation.state, Conversation.agent_id,
                    Conversation.last_seq,
                ).where(Conversation.id.in_(list(self.here)))
            ).all()  # fmt: skip
            heard = {row.id: self._heard(work, row.id) for row in rows
                     if row.last_seq > self.here[row.id].seen}  # fmt: skip
        for row in rows:
            guest = self.here[row.id]
            guest.is_waiting = row.state == "waiting"
            if row.state == "ended":
                del self.here[row.id]
                continue
            by_agent = heard.get(row.id, False)
            guest.seen = row.last_seq
            if by_agent:
                guest.heard_at, guest.has_asked = self._timetable.now(), False
            self._react(guest, row.agent_id, by_agent)

    def _heard(self, work: Work, conversation_id: str) -> bool:
        """Whether an agent said something that this guest has not seen."""
        newest = work.session.scalars(
            select(Message.author).where(
                Message.conversation_id == conversation_id,
                Message.seq > self.here[conversation_id].seen,
                Message.public,
            )
        )
        return any(author.startswith("agent:") for author in newest)

    def _react(self, guest: Guest, agent_id: str | None, by_agent: bool) -> None:
        now = self._timetable.now()
        if guest.is_busy:
            return
        if guest.is_waiting and now > guest.patience:
            self._tell(f"{guest.name} has waited long enough")
            self._plan(guest, 0, self.leave, guest)
        elif by_agent:
            pause = self._rng.uniform(2.0, 6.0)
            self._plan(guest, 0.6, self._type, guest, agent_id)
            self._plan(guest, pause, self._answer, guest)
        elif not guest.is_waiting and now - guest.heard_at > GIVES_UP_S:
            self._plan(guest, 0, self.leave, guest)
        elif not guest.is_waiting and now - guest.heard_at > SILENCE_S and not guest.has_asked:
            guest.has_asked = True
            self._plan(guest, 0, self._say, guest, "Are you still there?")

    def _answer(self, guest: Guest) -> None:
        if guest.says:
            self._say(guest, guest.says.popleft())
            return
        self._say(guest, self._rng.choice(BYES))
        self._plan(guest, self._rng.uniform(4, 12), self.leave, guest)

    def _say(self, guest: Guest, text: str) -> None:
        guest.is_busy = False
        guest.heard_at = self._timetable.now()
        with begin(guest.actor) as work:
            posted = chat.say(work, guest.conversation_id, text=text, client_msg_id=None)
            read_marks.mark_read(work, guest.conversation_id, reader="visitor", seq=posted.seq)

    def _type(self, guest: Guest, agent_id: str | None) -> None:
        rooms = [conversation_room(guest.conversation_id)]
        if agent_id:
            rooms.append(agent_room(agent_id))
        facts = {"conversation_id": guest.conversation_id, "on": True}
        hub.send([Frame(AGENT, tuple(rooms), "typing", facts)])

    def leave(self, guest: Guest) -> None:
        """The guest closes the chat, wherever it stands."""
        self.here.pop(guest.conversation_id, None)
        with begin(guest.actor) as work:
            chat.end_conversation(work, guest.conversation_id, ended_by="visitor")

    def one_who_leaves(self) -> Guest | None:
        """A waiting guest if there is one, else the one who has been here longest."""
        waiting = [g for g in self.here.values() if g.is_waiting]
        return next(iter([*waiting, *self.here.values()]), None)

    def _plan(self, guest: Guest, seconds: float, what: Callable[..., None], *args: object) -> None:
        guest.is_busy = True
        self._timetable.plan(seconds, what, *args)


def end_leftovers() -> int:
    """Chats of guests whose process is gone: end them, so that nobody waits for an answer."""
    with reading(DEMO) as work:
        ids = work.session.scalars(
            select(Conversation.id).where(
                Conversation.state != "ended", Conversation.page_url.startswith(SITE_URL)
            )
        ).all()
    for conversation_id in ids:
        with begin(DEMO) as work:
            chat.end_conversation(work, conversation_id, ended_by="visitor")
    return len(ids)
