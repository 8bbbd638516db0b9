"""A conference's seats against the table of who hears whom, for every mix of parties."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from helpdesk.calls.hearing import Party, pairs
from helpdesk.calls.seats import Seat, seats

CALLERS = [Party("caller", False), Party("caller", False, held=True)]
AGENTS = [None, Party("agent", True)]
COLLEAGUES = [None, Party("colleague", True)]
SUPERVISORS = [None, *(Party("boss", True, mode) for mode in ("talk", "listen", "whisper"))]
MIXES = [
    [one for one in mix if one is not None]
    for mix in itertools.product(CALLERS, AGENTS, COLLEAGUES, SUPERVISORS)
]


def heard_in(seated: Mapping[str, Seat]) -> set[tuple[str, str]]:
    """(listener, speaker) for all who hear each other in a conference with these seats."""
    return {
        (one, other)
        for one, ear in seated.items()
        for other, mouth in seated.items()
        if one != other
        and not (ear.hold or mouth.hold or mouth.muted)
        and mouth.coached in (None, one)
    }


@pytest.mark.parametrize(
    "parties", MIXES, ids=lambda mix: "+".join(f"{p.id}-{p.mode}" for p in mix)
)
def test_nobody_is_heard_by_more_people_than_the_table_says(parties: list[Party]) -> None:
    heard = heard_in(seats(parties, agent_id="agent"))
    table = pairs(parties)
    assert heard <= table
    whispers = next((p.id for p in parties if p.mode == "whisper"), None)
    # A whisper reaches the agent alone; everything else is exactly the table.
    assert {(a, b) for a, b in table - heard if b != whispers} == set()
    if whispers and any(p.id == "agent" for p in parties):
        assert ("agent", whispers) in heard
