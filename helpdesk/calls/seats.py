"""How each party has to sit in a telephone carrier's conference, so that it hears by `hearing`.

A conference knows three things of a party: on hold (hears nobody, is heard by nobody), muted (is
heard by nobody) and coaching (is heard by one party only). Nobody is ever heard by more people
than the table says. One thing a conference can't do: who whispers while a colleague is in the call
is heard by the agent alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpdesk.calls.hearing import Party


@dataclass(frozen=True, slots=True)
class Seat:
    """`coached` is the party that alone hears this one."""

    hold: bool = False
    muted: bool = False
    coached: str | None = None


def seats(parties: Sequence[Party], *, agent_id: str | None) -> Mapping[str, Seat]:
    """A seat for each party by its id; `agent_id` is the party that has the call."""
    here = {party.id for party in parties}
    agent = agent_id if agent_id in here else None
    return {party.id: _seat(party, agent) for party in parties}


def _seat(party: Party, agent: str | None) -> Seat:
    if party.mode == "talk":
        return Seat(hold=party.held)
    if party.mode == "whisper" and agent not in (None, party.id):
        return Seat(hold=party.held, coached=agent)
    return Seat(hold=party.held, muted=True)
