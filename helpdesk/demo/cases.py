"""Cases that came by mail in those months, lived through beside the chats of `past`.

They come in, are offered, answered, parked, written on again and resolved, through the services
that mail and desk call; the latest are left as a desk finds them in the morning. Not for what they
say (see `letters`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.demo.clientele import Client
from helpdesk.demo.letters import AFTER_A_VISIT, LETTERS, Letter
from helpdesk.demo.past import Past
from helpdesk.routing.events import OfferMade
from helpdesk.workflows import cases, cases_hands, cases_line, desk, promising

LEFT_FOR = timedelta(days=3)
LETTERS_A_DAY = (2, 1, 1, 1, 1, 0, 0)  # Monday first


@dataclass(slots=True, eq=False)
class Case:
    letter: Letter
    ticket_id: str
    client: Client
    to_say: str  # the next answer of ours; empty when everything is said


class Cases:
    """The mail of those months; `past` hands it the offers of tickets."""

    def __init__(self, past: Past, rng: random.Random, *, now: datetime) -> None:
        """In the days before `now` some cases are left on somebody's desk for later."""
        self.past, self.rng, self.now = past, rng, now
        self.cases: dict[str, Case] = {}
        self.in_hand: dict[str, str] = {}  # whose desk a case is on, by ticket
        self._turn = 0
        past.on_ticket_offer = self.offered

    def arrive(self, client: Client | None = None, letter: Letter | None = None) -> None:
        """A known customer writes; `client` and `letter` where it matters who and what."""
        if client is not None and letter is not None:
            self._write(client, letter)
            return
        past = self.past
        writers = [one for one in past.clientele.known if one.is_named]
        if not writers:
            return
        client = self.rng.choice(writers)
        letter = LETTERS[self._turn % len(LETTERS)]
        self._turn += 1
        self._write(client, letter)

    def _write(self, client: Client, letter: Letter) -> None:
        past = self.past
        past.work.act_as(client.actor)
        opened = cases.open_case(
            past.work,
            customer_id=client.customer_id,
            subject=letter.subject,
            body=letter.body,
            channel="email",
            queue=letter.queue,
            priority=letter.priority,
            type=letter.type,
            tags=letter.tags,
        )
        case = Case(letter, opened.ticket.id, client, letter.answer)
        self.cases[opened.ticket.id] = case
        past.waiting.add(opened.ticket.id)

    def adopt(self, ticket_id: str, client: Client) -> None:
        """A ticket that a visit was booked on: where that did not end it, somebody writes."""
        self.cases[ticket_id] = Case(AFTER_A_VISIT, ticket_id, client, AFTER_A_VISIT.answer)

    def offered(self, offer: OfferMade) -> None:
        """The agent takes it a little later, when the chats leave room."""
        self.past.after(self.rng.uniform(20, 240), self._accept, offer)

    def _accept(self, offer: OfferMade) -> None:
        past = self.past
        name = past.name_of[offer.agent_id]
        if not past.is_live(offer) or name not in past.present:
            return
        past.work.act_as(past.house.people[name])
        desk.accept_offer(past.work, offer.offer_id)
        past.waiting.discard(offer.subject_id)
        case = self.cases[offer.subject_id]
        self.in_hand[case.ticket_id] = name
        past.after(self.rng.uniform(120, 1500), self._answer, case, name)

    def _answer(self, case: Case, name: str) -> None:
        """Write, and say with it what happens next."""
        past, letter = self.past, case.letter
        if self.in_hand.pop(case.ticket_id, None) is None:
            return
        past.work.act_as(past.house.people[name])
        if past.work.at > self.now - LEFT_FOR and self.rng.random() < 0.6:
            cases_hands.leave_for_later(past.work, case.ticket_id)
            self._promise(case)
            past.look_for_work(name)
            return
        author = f"agent:{past.work.actor.id}"
        first = case.to_say == letter.answer
        if first and letter.note:
            cases.reply(past.work, case.ticket_id, author=author, text=letter.note, public=False)
        cases.reply(past.work, case.ticket_id, author=author, text=case.to_say, public=True)
        case.to_say = letter.last if first else ""
        state = letter.outcome if first else "resolved"
        cases_line.set_state(past.work, case.ticket_id, state)
        past.look_for_work(name)
        if state == "waiting_on_customer" and letter.back:
            past.after(self.rng.uniform(2, 30) * 3600, self._write_back, case)
        elif state == "waiting_on_third_party":
            past.after(self.rng.uniform(20, 70) * 3600, self._come_back, case, name)

    def _promise(self, case: Case) -> None:
        """Whoever leaves a case of the last day for later tells the customer until when."""
        if self.past.work.at < self.now - timedelta(days=1):
            return
        promising.promise(
            self.past.work,
            case.ticket_id,
            text=f"Call {case.client.person.name} back",
            due_at=self.now + timedelta(minutes=self.rng.uniform(20, 400)),
        )

    def close(self) -> None:
        """What is on a desk is answered before everybody goes home; what waits goes on waiting."""
        for ticket_id, name in list(self.in_hand.items()):
            self._answer(self.cases[ticket_id], name)

    def _write_back(self, case: Case) -> None:
        past = self.past
        past.work.act_as(case.client.actor)
        cases.customer_wrote(past.work, case.ticket_id, text=case.letter.back, channel="email")
        past.waiting.add(case.ticket_id)

    def _come_back(self, case: Case, name: str) -> None:
        """The supplier is done; whoever had it tells the customer so."""
        past = self.past
        past.work.act_as(past.house.people[name])
        author = f"agent:{past.work.actor.id}"
        text = "It is done, thank you for your patience. If anything is left, answer this mail."
        cases.reply(past.work, case.ticket_id, author=author, text=text, public=True)
        cases_line.set_state(past.work, case.ticket_id, "resolved")


def times_of_day(rng: random.Random, midnight: datetime, weekday: int) -> list[datetime]:
    """When the mail of one day comes in."""
    count = max(0, LETTERS_A_DAY[weekday] + rng.randrange(0, 2))
    return [midnight + timedelta(hours=rng.uniform(8, 17)) for _ in range(count)]
