"""Walks: what is heard, what is noted, and that every one of them ends whatever comes in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.ivr.actions import Ask, CallBack, Enqueue, Forward, HangUp, Say, Step, Voicemail
from helpdesk.ivr.flow import Flow, read
from helpdesk.ivr.kinds import KINDS
from helpdesk.ivr.lookups import Asked, Found, proves
from helpdesk.ivr.walking import MOST_QUESTIONS, Facts, Given, answer, enter, wanted
from tests.ivr.flows import HOURS, QUEUE, choice, flow, node, shop

SHOP = read(shop())
OPEN = Facts(open_calendars=frozenset({HOURS}))
NOTHING = Given()
LATE = datetime(2026, 1, 5, 23, tzinfo=UTC)
SUMMER_MORNING = datetime(2026, 7, 5, 6, 30, tzinfo=UTC)  # half past eight in Berlin
LAST = (Ask, Enqueue, Voicemail, Forward, HangUp)


def goes(step: Step, *answers: Given | str, facts: Facts = OPEN, flow: Flow = SHOP) -> Step:
    for one in answers:
        step = answer(flow, step.state, one if isinstance(one, Given) else Given(one), facts)
    return step


def heard(step: Step) -> list[str]:
    texts: list[str] = []
    for one in step.actions:
        prompts = one.prompts if isinstance(one, Ask) else (one,)
        texts += [p.text for p in prompts if isinstance(p, Say)]
    return texts


def noted(step: Step) -> list[str]:
    return [one.given for one in step.went if one.given]


def test_only_a_recognised_caller_is_greeted_by_first_name_and_only_if_the_flow_says_so() -> None:
    kim = replace(OPEN, recognised=True, first_name="Kim")
    assert heard(enter(SHOP, kim))[0] == "Hello Kim."
    assert heard(enter(SHOP, replace(kim, recognised=False)))[0] == "Welcome."
    assert heard(enter(SHOP, replace(kim, first_name="")))[0] == "Welcome."
    assert heard(enter(read(shop(greeting_known="")), kim))[0] == "Welcome."


def test_keys_and_words_lead_on_and_are_told_to_the_desk() -> None:
    menu = enter(SHOP, OPEN)
    assert menu.trail == ("Opening hours", "Main menu")
    ask = menu.actions[-1]
    assert isinstance(ask, Ask)
    assert (ask.speech, ask.digits, ask.finish_key) == (True, 1, "")
    again = goes(menu, "9")
    assert again.actions[-1] == ask
    forward = goes(again, Given(speech="It's about my HEAT pump, please"))
    assert forward.actions == (Forward("+442079460000", 25),)
    assert noted(forward) == ["2 Heating line"]
    assert goes(forward, Given(transfer="busy")).actions == (Voicemail(QUEUE, 180),)
    assert goes(forward, Given(transfer="answered")).actions == (HangUp(),)
    line = goes(menu, "1", "123456")
    assert line.actions == (Say("One moment."), Enqueue(QUEUE, "Bills"))
    assert noted(line) == ["Customer 123456"]
    spoken = goes(menu, "1", Given(speech="it is 12 34 56"))
    assert noted(spoken) == ["Customer 123456"]
    assert goes(line, "1").actions == (HangUp(),)


def test_without_an_answer_it_is_asked_again_so_often_and_no_more() -> None:
    step = enter(SHOP, OPEN)
    for text in ("I did not hear anything.", "I did not get that."):
        step = goes(step, Given("7") if "get" in text else NOTHING)
        assert heard(step)[0] == text
        assert isinstance(step.actions[-1], Ask)
    assert goes(step, NOTHING).actions == (Voicemail(QUEUE, 180),)
    assert heard(enter(SHOP, Facts())) == ["Welcome."]
    assert enter(SHOP, Facts()).trail == ("Opening hours", "Voicemail")


def test_a_queue_may_ask_for_a_skill_and_give_a_head_start() -> None:
    line = node("line", "queue", queue_id=QUEUE, skill="s", level="3", head_start_s="60")
    step = enter(read(flow(line)), OPEN)
    assert step.actions == (Enqueue(QUEUE, "Line", {"s": 3}, 60),)


def test_secrets_and_what_does_not_fit_are_not_noted() -> None:
    pin = node("pin", "ask", prompt="PIN?", label="PIN", secret="1", next="end", otherwise="end")
    here = read(flow(pin, node("end", "hangup")))
    done = goes(enter(here, OPEN), "4711", flow=here)
    assert noted(done) == ["PIN given"]
    assert "4711" not in json.dumps([done.state, noted(done)])
    free = read(flow(pin | {"secret": "", "digits": "0"}, node("end", "hangup")))
    assert noted(goes(enter(free, OPEN), "4111111111111111", flow=free)) == ["PIN given"]
    assert noted(goes(enter(free, OPEN), "4111111111111112#", flow=free))[0].endswith("1112")
    step = goes(enter(SHOP, OPEN), "1", Given("4111111111111111"))
    assert "4111" not in json.dumps([step.state, noted(step)])


def test_nothing_is_read_out_before_number_and_proof_fit() -> None:
    asked = Asked("ticket_status", "10432", "field:postcode", "20095", SHOP.language)
    facts = replace(OPEN, found={asked: Found("open", {"number": "1 0"}, "{number} is open.")})
    proof = goes(enter(SHOP, OPEN), "3", "10432#", facts=facts)
    assert heard(proof) == ["Postcode?"]
    assert wanted(SHOP, proof.state, Given("20095"), OPEN) == asked
    told = goes(proof, "20095", facts=facts)
    assert heard(told) == ["1 0 is open.", "Goodbye."]
    assert wanted(SHOP, proof.state, Given("20095"), facts) is None
    assert "20095" not in json.dumps([proof.state, noted(proof), told.state, noted(told)])
    other = goes(proof, "99999", facts=facts)
    assert heard(other) == ["These numbers don't fit together.", "Ticket number?"]
    twice = goes(other, "10432", "99999", "10432", "99999", facts=facts)
    assert isinstance(twice.actions[-1], Enqueue)
    assert wanted(SHOP, proof.state, NOTHING, OPEN) is None
    assert proves("NL-123 456", "123456")
    assert not proves("12", "12")
    assert not proves(None, "")


@pytest.mark.parametrize("says,facts,holds", [
    ({"asks": "recognised"}, Facts(recognised=True), True),
    ({"asks": "tag", "tags": "VIP, tenant"}, Facts(tags=frozenset({"vip"})), True),
    ({"asks": "tag", "tags": "VIP"}, Facts(tags=frozenset({"tenant"})), False),
    ({"asks": "priority", "priority": "high"}, Facts(priority="urgent"), True),
    ({"asks": "priority", "priority": "high"}, Facts(priority="normal"), False),
    ({"asks": "priority", "priority": "low"}, Facts(), False),
    ({"asks": "time", "from": "22:00", "until": "06:00"}, Facts(LATE), True),
    ({"asks": "time", "from": "08:00", "until": "18:00"}, Facts(SUMMER_MORNING), True),
    ({"asks": "time", "from": "08:00", "until": "18:00"}, Facts(), False),
])  # fmt: skip
def test_a_condition_parts_callers(says: dict[str, str], facts: Facts, holds: bool) -> None:
    here = read(
        flow(
            node("if", "condition", **says, then="yes", otherwise="no"),
            node("yes", "queue", queue_id="yes"),
            node("no", "queue", queue_id="no"),
        )
    )
    [line] = enter(here, facts).actions
    assert isinstance(line, Enqueue)
    assert line.queue_id == ("yes" if holds else "no")


ids = st.sampled_from(["a", "b", "c", "d", "e", "gone", ""])
texts = st.one_of(
    ids, st.sampled_from(["1", "9", "12:00", "vip", "recognised", "{name}"]), st.text()
)


@st.composite
def drafts(draw: st.DrawFn) -> Flow:
    """Any draft at all: published flows are better."""
    nodes = []
    for name in "abcde":
        kind = draw(st.sampled_from(sorted(KINDS)))
        says: dict[str, Any] = {
            one.name: draw(ids if one.what == "goto" else texts) for one in KINDS[kind].fields
        }
        if kind == "menu":
            says["choices"] = [
                choice(k, draw(ids), draw(texts)) for k in draw(st.text("129*#", max_size=4))
            ]
        nodes.append(node(name, kind, **says))
    return read(flow(*nodes, greeting=draw(texts), zone=draw(texts)))


givens = st.builds(
    Given,
    digits=st.one_of(st.just(""), st.text("0123456789*#", max_size=25), st.text()),
    speech=st.one_of(st.just(""), st.text()),
    transfer=st.sampled_from(["", "answered", "busy", "odd"]),
)
numbers = st.sampled_from(["", "+442079460001"])
facts_ = st.builds(
    Facts, at=st.one_of(st.none(), st.just(datetime(2026, 1, 1, tzinfo=UTC))),
    recognised=st.booleans(), first_name=st.text(), tags=st.frozensets(texts),
    priority=texts, open_calendars=st.frozensets(texts),
    number=numbers, typed_number=numbers,
)  # fmt: skip
states = st.dictionaries(
    st.sampled_from(["at", "tries", "asked", "phase", "number", "over"]),
    st.one_of(
        ids,
        st.integers(-5, 10**9),
        st.booleans(),
        st.none(),
        st.sampled_from(["proof", "confirm"]),
        st.text(),
    ),
)


def is_whole(step: Step) -> bool:
    """Actions in an order that a carrier can carry out, and a state that can be stored."""
    json.dumps(step.state)
    inner, last = step.actions[:-1], step.actions[-1]
    return (
        isinstance(last, LAST) or type(last).__name__ == "CallBack"
        if all(type(one).__name__ in ("Say", "Play") for one in inner)
        else False
    )


@given(drafts(), states, givens, facts_)
def test_from_any_state_any_input_ends_in_one_action(
    here: Flow, state: dict[str, Any], one: Given, facts: Facts
) -> None:
    assert is_whole(enter(here, facts))
    step = answer(here, state, one, facts)
    assert is_whole(step)
    assert len(step.actions) <= len(here.nodes) + 4
    wanted(here, state, one, facts)


@given(drafts(), st.lists(givens, min_size=1, max_size=4), facts_)
def test_no_caller_is_asked_without_end(here: Flow, some: list[Given], facts: Facts) -> None:
    step, asked = enter(here, facts), 0
    for turn in range(MOST_QUESTIONS + 12):
        if step.state.get("over"):
            break
        asked += isinstance(step.actions[-1], Ask)
        step = answer(here, step.state, some[turn % len(some)], facts)
    assert asked <= MOST_QUESTIONS


@given(st.lists(givens, max_size=3), facts_)
def test_silence_ends_every_call_in_a_flow_without_problems(
    some: list[Given], facts: Facts
) -> None:
    step = goes(enter(SHOP, facts), *some, facts=facts)
    for _ in range(20):
        step = goes(step, NOTHING, facts=facts)
    assert step.state["over"] is True


BACK = read(
    flow(node("back", "callback", "Back", queue_id=QUEUE, **{"from": "09:00", "until": "17:00"}))
)
KIM = replace(OPEN, number="+442079460001")


def test_a_number_is_read_out_confirmed_or_replaced_before_it_is_rung() -> None:
    first = enter(BACK, KIM)
    asked = "We will ring you at + 4 4 2 0 7 9 4 6 0 0 0 1. Press 1 if that is right, 2 for another"
    assert heard(first) == [f"{asked} number."]
    right = goes(first, "1", facts=KIM, flow=BACK)
    assert right.actions[-1] == CallBack(
        QUEUE,
        "+442079460001",
        "Thank you. We ring you when it is your turn.",
        ("09:00", "17:00"),
        "Europe/Berlin",
    )
    other = replace(KIM, typed_number="+442079460199")
    step = goes(goes(first, "2", facts=KIM, flow=BACK), "02079460199", facts=other, flow=BACK)
    assert "+ 4 4 2 0 7 9 4 6 0 1 9 9" in heard(step)[-1]
    assert goes(step, "1", flow=BACK).actions[-1].number == "+442079460199"  # type: ignore[union-attr]
    assert "+442079460199" not in " ".join(noted(step))


def test_who_gives_no_number_that_can_be_rung_waits_for_a_person() -> None:
    hidden = enter(BACK, OPEN)
    assert heard(hidden) == ["Please type the number that we shall ring, and then hash."]
    step = goes(hidden, "12", NOTHING, flow=BACK)
    assert "I did not hear anything." in heard(step)
    assert goes(step, "13", flow=BACK).actions[-1] == Enqueue(QUEUE, "Back")
    stuck = goes(enter(BACK, KIM), "5", "5", "5", facts=KIM, flow=BACK)
    assert stuck.actions[-1] == Enqueue(QUEUE, "Back")


def test_a_card_number_is_never_written_down_whatever_was_asked_for() -> None:
    asked = goes(enter(SHOP, OPEN), "3")
    assert noted(goes(asked, "4111111111111111")) == ["number given"]
    assert noted(goes(asked, "10432")) == ["number 10432"]
