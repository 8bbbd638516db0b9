"""A telephone caller in a call flow: keys, wrong keys, a queue, a transfer, being rung back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from helpdesk.calls.models import Call, Callback
from helpdesk.carriers.models import CarrierEvent, PhoneNumber
from helpdesk.channels.models import Conversation
from helpdesk.core import clock
from helpdesk.core.tables import EventRow
from helpdesk.ivr import service as flows
from helpdesk.ivr.models import IvrStep, IvrWalk
from helpdesk.ivr.starting import step
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.routing.service import LIVE_HEAD_START_S
from helpdesk.workflows import call_flows
from tests.telephone.centre import NUMBER, Centre
from tests.telephone.test_hostile import FORM, send

OUTSIDE = "+442079460000"


def furnished(centre: Centre) -> None:
    """1: the queue, 2: be rung back, 3: somebody outside, else the queue."""
    queue_id = centre.floor.queue_id
    choices = [
        {"key": "1", "words": "", "to": "wait"},
        {"key": "2", "words": "", "to": "back"},
        {"key": "3", "words": "", "to": "outside"},
    ]
    nodes: list[dict[str, Any]] = [
        step("main", "menu", "Main menu", prompt="Press one, two or three.", choices=choices,
             otherwise="wait", retries=1, invalid="That is no choice."),
        step("wait", "queue", "Heating", queue_id=queue_id, text="One moment.", head_start_s=30),
        step("back", "callback", "Ring back", queue_id=queue_id),
        step("outside", "transfer", "Outside", number=OUTSIDE, no_answer="wait", timeout_s=20),
    ]  # fmt: skip
    content = {
        "language": "en-GB", "zone": "Europe/London", "greeting": "Welcome.",
        "greeting_known": "", "nodes": nodes,
    }  # fmt: skip
    with centre.at() as work:
        flow = flows.add_flow(work, name="Main line", content=content)
        flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
        work.session.scalars(select(PhoneNumber)).one().flow_id = flow.id


TELL = ("call.ended", "conversation.answered", "conversation.ended", "conversation.taken")
"""What tells of a wait; what the flow asked before was none."""


def item(centre: Centre) -> WorkItem:
    with centre.look() as work:
        return work.session.scalars(select(WorkItem)).one()


@pytest.fixture
def centre_with_flow(centre: Centre) -> Centre:
    furnished(centre)
    return centre


def test_a_caller_presses_into_the_queue_and_is_answered(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(3)
    assert centre.caller.hear()[1:3] == ["say: Welcome.", "say: Press one, two or three."]
    assert centre.offer(centre.anna) is None, "nobody is asked before the caller has chosen"
    centre.caller.press("9")
    centre.exchange.advance(3)
    assert "say: That is no choice." in centre.caller.hear()
    centre.caller.press("1")
    centre.exchange.advance(2)
    assert (item(centre).reason, item(centre).head_start_s) == ("Heating", LIVE_HEAD_START_S + 30)
    centre.answers(centre.anna)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    centre.exchange.advance(20)
    centre.caller.hang_up()
    with centre.look() as work:
        waits = {
            one.kind: one.facts["waited_s"]
            for one in work.session.scalars(select(EventRow))
            if "waited_s" in one.facts
        }
        assert waits.keys() > set(TELL)
        assert max(waits.values()) <= 3, waits
        went = [one.name for one in work.session.scalars(select(IvrStep).order_by(IvrStep.seq))]
        kept = [one.facts for one in work.session.scalars(select(CarrierEvent))]
    assert (went[0], went[-1]) == ("Main menu", "Heating")
    assert {facts["Digits"] for facts in kept if "Digits" in facts} == {""}, "keys are not kept"


def test_the_same_wrong_key_twice_is_asked_twice_and_then_goes_on(
    centre_with_flow: Centre,
) -> None:
    centre = centre_with_flow
    centre.caller.dial(NUMBER)
    for _ in range(2):
        centre.exchange.advance(5)
        centre.caller.press("9")
    centre.exchange.advance(5)
    assert item(centre).state == "waiting"


def test_a_caller_hears_no_sentence_that_was_meant_for_us(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    centre.caller.dial(NUMBER)
    centre.exchange.advance(5)
    with centre.at() as work:
        work.session.execute(delete(IvrWalk))
    centre.caller.press("1")
    centre.exchange.advance(3)
    assert centre.caller.hear()[-1].startswith("say: We have a technical problem")


def test_who_says_nothing_comes_into_the_queue_all_the_same(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    centre.caller.dial(NUMBER)
    centre.exchange.advance(60)
    assert item(centre).state == "waiting"


def test_a_caller_is_rung_back_instead_of_waiting(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    centre.caller.dial(NUMBER)
    centre.exchange.advance(5)
    centre.caller.press("2")
    centre.exchange.advance(5)
    own = " ".join(centre.caller.number)
    assert f"say: We will ring you at {own}." in " ".join(centre.caller.hear())
    for keys in ("2", "12#", "020 7946 0199#".replace(" ", "")):
        centre.caller.press(keys)
        centre.exchange.advance(5)
    heard = " ".join(centre.caller.hear())
    assert "say: That is no number that we can ring." in heard
    assert "say: We will ring you at + 4 4 2 0 7 9 4 6 0 1 9 9." in heard
    centre.caller.press("1")
    centre.exchange.advance(20)
    assert "We ring you when it is your turn" in centre.caller.hear()[-1]
    assert centre.caller.call is None
    with centre.look() as work:
        waits = work.session.get_one(Conversation, item(centre).subject_id)
        assert (waits.channel, waits.state) == ("callback", "waiting")
        assert work.session.scalars(select(Callback.number)).one() == "+442079460199"
    assert centre.call.ended_at is not None
    centre.comes_in(centre.anna)
    assert centre.offer(centre.anna)


def test_a_transfer_that_nobody_answers_comes_back_into_the_flow(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    outside = centre.exchange.phone(OUTSIDE)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(5)
    centre.caller.press("3")
    assert outside.ringing
    centre.exchange.advance(25)
    assert item(centre).state == "waiting"
    assert centre.count(Call) == 1


def test_somebody_outside_takes_the_call(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    outside = centre.exchange.phone(OUTSIDE)
    outside.when_called = "answer"
    centre.caller.dial(NUMBER)
    centre.exchange.advance(5)
    centre.caller.press("3")
    assert centre.talk(centre.caller, outside)
    centre.exchange.advance(30)
    outside.hang_up()
    centre.exchange.advance(5)
    assert centre.caller.call is None
    with centre.look() as work:
        assert work.session.scalars(select(Conversation)).one().state == "ended"
    assert centre.count(WorkItem) == 0


def test_hooks_of_one_call_at_once_put_it_into_the_line_once(centre_with_flow: Centre) -> None:
    centre = centre_with_flow
    centre.caller.dial(NUMBER)
    centre.exchange.advance(3)
    sid, at = centre.caller.calls[-1].sid, centre.exchange.now()
    form = FORM | {"CallSid": sid, "CallStatus": "in-progress"}
    start = threading.Barrier(8)
    answers: list[str] = []

    def ask() -> None:
        start.wait()
        with clock.moved_to(at):
            answers.append(send(centre.app, "/voice/next", form))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("<Enqueue" in answer for answer in answers), answers
    waiting = item(centre)
    with pytest.raises(IntegrityError), centre.at() as work:
        routing.enqueue(
            work,
            channel="call",
            subject_kind="conversation",
            subject_id=waiting.subject_id,
            customer_id=waiting.customer_id,
            queue_id=waiting.queue_id,
        )
    assert item(centre).id == waiting.id
