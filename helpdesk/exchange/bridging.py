"""Two calls that hear each other, until one of them goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdesk.exchange.calls import Call
from helpdesk.exchange.programs import Afterwards, Key, Program, Signal, expect
from helpdesk.exchange.switch import Switch


@dataclass(frozen=True, slots=True)
class PartnerLeft(Signal):
    partner: Call


def talk(
    switch: Switch,
    call: Call,
    partner: Call,
    *,
    star_ends: bool = False,
    limit: float | None = None,
) -> Program[str]:
    """Each side runs its own; answers "left", "star" or "limit"."""
    call.partner = partner
    end = None if limit is None else switch.now() + timedelta(seconds=limit)

    def part() -> None:
        call.partner = None
        partner.wake(PartnerLeft(call))

    with Afterwards(part):
        while partner.live:
            left = None if end is None else (end - switch.now()).total_seconds()
            signal = yield from expect(switch.agenda, (PartnerLeft, Key), left)
            if isinstance(signal, PartnerLeft):
                if signal.partner is partner:
                    return "left"
            elif not isinstance(signal, Key):
                return "limit"
            elif star_ends and signal.key == "*":
                return "star"
        return "left"
