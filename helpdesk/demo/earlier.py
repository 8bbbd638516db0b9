"""Done tickets from before the months that are lived through: what triage learns from.

Asked by letter what others ask in the chat, so that their words differ; answered and resolved on
the spot, long before anybody's day begins. Not for cases that somebody finds open (see `cases`).
"""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from helpdesk.core.work import Work
from helpdesk.demo.dialogues import Dialogue, of_queue, spoken
from helpdesk.demo.past import Past
from helpdesk.triage import place, service
from helpdesk.workflows import cases, cases_line

log = logging.getLogger("helpdesk.demo")

QUEUES = {"billing": "bill", "technical-help": "fault", "contracts": "request"}
OF_EACH = 14


def plan(past: Past, rng: random.Random, until: datetime) -> None:
    """A ticket every four hours, the last one before `until`."""
    at = until - timedelta(hours=4 * OF_EACH * len(QUEUES) + 1)
    for n in range(OF_EACH):
        for queue in QUEUES:
            asked = of_queue(queue)
            past.plan(at, _ask, past, rng, asked[n % len(asked)])
            at += timedelta(hours=4)


def _ask(past: Past, rng: random.Random, dialogue: Dialogue) -> None:
    writers = [one for one in past.clientele.known if one.is_named]
    if not writers:
        return
    client, house, work = rng.choice(writers), past.house, past.work
    lines = spoken(dialogue, rng, client.person.name, f"{work.at:%-d %B}")
    work.act_as(client.actor)
    opened = cases.open_case(
        work,
        customer_id=client.customer_id,
        subject=dialogue.title,
        body="\n\n".join(text for who, text in lines if who == "visitor"),
        channel="email",
        queue=dialogue.queue,
        type=QUEUES[dialogue.queue],
    )
    able = [one for one in house.agents() if dialogue.queue in house.members[one].queues]
    work.act_as(house.people[rng.choice(able)])
    cases_line.pull(work, opened.ticket.id)
    answer = next(text for who, text in lines if who == "agent")
    author = f"agent:{work.actor.id}"
    cases.reply(work, opened.ticket.id, author=author, text=answer, public=True)
    cases_line.set_state(work, opened.ticket.id, "resolved")


def learn(work: Work) -> None:
    """A worker trains a model once, where its libraries are; whoever looks at it switches it on."""
    if not place.can_train():
        log.info("triage learns nothing: its libraries are not installed")
        return
    service.ask_for_training(work)
