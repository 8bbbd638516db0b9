"""Somebody in line lays the telephone down with a key, and keeps their place."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.calls.models import Callback
from helpdesk.carriers.models import CarrierRepair
from helpdesk.channels.models import Conversation
from helpdesk.routing.models import WorkItem
from helpdesk.workflows.telephone_ring_back import OFFER, THANKS, TOO_LATE
from tests.telephone.centre import NUMBER, Centre


def in_line(centre: Centre) -> WorkItem:
    with centre.look() as work:
        return work.session.scalars(select(WorkItem)).one()


def test_a_key_twice_makes_a_callback_that_keeps_the_place(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    assert f"say: {OFFER}" in centre.caller.hear()
    before = in_line(centre)
    centre.caller.press("1")
    centre.exchange.advance(2)
    digits = " ".join(centre.caller.number.removeprefix("+"))
    assert f"say: We will call you at {digits}. If that is right, press 1." in centre.caller.hear()
    centre.caller.press("1")
    centre.exchange.advance(10)
    assert centre.caller.hear()[-1] == f"say: {THANKS}", "nothing cuts the thanks off"
    assert centre.caller.call is None
    after = in_line(centre)
    assert (after.id, after.waiting_since) == (before.id, before.waiting_since)
    assert (after.state, after.channel) == ("waiting", "callback")
    with centre.look() as work:
        made = work.session.scalars(select(Callback)).one()
        assert (made.number, made.keeps_since) == (centre.caller.number, before.waiting_since)
        call = calls.get_call(work, str(made.from_conversation_id))
        assert (call.ended_why, call.answered_at) == ("callback", None)
    centre.comes_in(centre.anna)
    assert centre.offer(centre.anna), "it is offered like the call that it was"
    assert (centre.count(CarrierRepair), centre.undone()) == (0, [])


def test_who_does_not_confirm_stays_in_line_and_any_other_key_changes_nothing(
    centre: Centre,
) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    for key in ("1", "5"):
        centre.caller.press(key)
        centre.exchange.advance(5)
    centre.exchange.advance(120)
    assert in_line(centre).channel == "call"
    assert centre.caller.hear().count(f"say: {OFFER}") >= 3, "it is offered in every round"
    centre.comes_in(centre.anna)
    centre.answers(centre.anna)
    assert centre.talk(centre.caller, centre.page(centre.anna))


def test_who_is_being_connected_is_told_so(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    centre.caller.press("1")
    centre.exchange.advance(1)
    centre.comes_in(centre.anna)  # it is offered now
    centre.caller.press("1")
    centre.exchange.advance(8)
    assert f"say: {TOO_LATE}" in centre.caller.hear()
    centre.answers(centre.anna)
    assert centre.talk(centre.caller, centre.page(centre.anna))


def test_a_hidden_number_is_offered_nothing(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(3)
    with centre.at() as work:
        conversation = work.session.scalars(select(Conversation)).one()
        conversation.answers = {**conversation.answers, "caller": "anonymous"}
    centre.exchange.advance(20)
    told = len(centre.caller.hear())
    centre.exchange.advance(120)
    assert f"say: {OFFER}" not in centre.caller.hear()[told:]
    assert centre.caller.call is not None
