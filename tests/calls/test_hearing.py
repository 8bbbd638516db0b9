"""Who hears whom: for every mix of parties, and the few sentences that matter most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helpdesk.calls.hearing import Party, doing, hears, pairs, peers

CALLER = Party("caller", is_ours=False)
AGENT = Party("m-agent", is_ours=True)
COLLEAGUE = Party("z-colleague", is_ours=True)


@st.composite
def rooms(draw: st.DrawFn) -> list[Party]:
    ours = draw(
        st.lists(
            st.builds(
                Party,
                st.text("abcdef", min_size=3, max_size=6),
                st.just(True),
                st.sampled_from(["talk", "listen", "whisper"]),
            ),
            max_size=4,
            unique_by=lambda party: party.id,
        )
    )
    return [Party("caller", False, held=draw(st.booleans())), *ours]


@given(rooms())
def test_a_caller_hears_only_those_who_talk_and_nobody_while_on_hold(room: list[Party]) -> None:
    by_id = {party.id: party for party in room}
    for listener, speaker in pairs(room):
        assert by_id[speaker].mode != "listen"
        if listener == "caller":
            assert by_id[speaker].mode == "talk"
            assert not by_id["caller"].held
        if speaker == "caller":
            assert not by_id["caller"].held


@given(rooms())
def test_of_two_parties_exactly_one_begins_and_never_the_caller(room: list[Party]) -> None:
    offers = {(me.id, peer.id): peer.offers for me in room for peer in peers(me, room)}
    for (one, other), begins in offers.items():
        assert begins != offers[other, one]
        assert not (one == "caller" and begins)


@given(rooms())
def test_what_one_is_told_of_the_other_is_what_the_other_is_told_of_them(
    room: list[Party],
) -> None:
    told = {(me.id, peer.id): peer for me in room for peer in peers(me, room)}
    for (one, other), peer in told.items():
        assert peer.is_heard == told[other, one].hears


def test_while_the_caller_is_on_hold_agent_and_colleague_talk_it_over() -> None:
    held = Party("caller", is_ours=False, held=True)
    assert pairs([held, AGENT, COLLEAGUE]) == {
        (AGENT.id, COLLEAGUE.id),
        (COLLEAGUE.id, AGENT.id),
    }


def test_a_whisper_reaches_the_agent_and_not_the_caller() -> None:
    whispering = Party("s", is_ours=True, mode="whisper")
    assert hears(AGENT, whispering)
    assert not hears(CALLER, whispering)
    assert hears(whispering, CALLER)


def test_a_second_is_talk_only_while_caller_and_agent_can_speak() -> None:
    held = Party("caller", is_ours=False, held=True)
    listening = Party("s", is_ours=True, mode="listen")
    assert doing([CALLER, AGENT], caller_id="caller") == "talk"
    assert doing([held, AGENT], caller_id="caller") == "hold"
    assert doing([CALLER, listening], caller_id="caller") == "waiting"
    assert doing([AGENT], caller_id="caller") == "waiting"
