"""Music while somebody waits: a document that is asked again whenever it has run out."""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.exchange.calls import Call, Jump
from helpdesk.exchange.grammar import Kind
from helpdesk.exchange.programs import Program, expect, sleep
from helpdesk.exchange.switch import Switch

SHORTEST_ROUND_SECONDS = 1.0


def wait_with(
    switch: Switch,
    call: Call,
    jump: Jump | None,
    kind: Kind,
    told: Callable[[], dict[str, str]],
    left: Callable[[str], None],
) -> Program[None]:
    """Play until stopped. `left` hears of Leave and Hangup; without `jump` there is music."""
    while jump is not None:
        began = switch.now()
        how = yield from switch.follow(
            switch, call, Jump(jump.url, jump.method, jump.params | told()), kind
        )
        if how in {"leave", "hangup"}:
            left(how)
            return
        if how == "failed":
            break
        if (switch.now() - began).total_seconds() < SHORTEST_ROUND_SECONDS:
            yield from sleep(switch.agenda, SHORTEST_ROUND_SECONDS)
    call.hear("music")
    yield from expect(switch.agenda, (), None)
