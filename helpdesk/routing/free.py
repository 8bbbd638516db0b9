"""The lines of free agents on the board, one set for each strategy and each pattern of open
channels.

Why: an agent with a chat slot but no call slot free must be found for chats and not for calls;
rather than standing in a line per channel they stand with those who are open on just the same
channels, so that a change of one agent touches one line for each strategy that matters to their
class.
"""

from collections.abc import Iterable
from typing import TypeAlias

from helpdesk.routing.classes import Classes
from helpdesk.routing.lines import Lines
from helpdesk.routing.seats import Pattern, Seat
from helpdesk.routing.strategies import Strategy

_StandsIn: TypeAlias = tuple[tuple[Strategy, Lines], ...]


class FreeAgents:
    """Who is on duty with a slot free, in the order of each strategy."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._lines: dict[tuple[Strategy, Pattern], Lines] = {}
        self._by_channel: dict[tuple[Strategy, str], list[Lines]] = {}
        self._stands_in: dict[tuple[int, Pattern], _StandsIn] = {}

    def lines_for(self, strategy: Strategy, channel: str) -> list[Lines]:
        """All lines of agents who are open on the channel. The list grows by itself."""
        return self._by_channel.setdefault((strategy, channel), [])

    def sit(self, seat: Seat) -> None:
        """Into the lines, if the agent can take anything."""
        if seat.seated or not seat.on_duty or not seat.shape.channels:
            return
        seat.seated = True
        shape = seat.shape
        today, idle_since = seat.handled_today, seat.idle_since
        for strategy, lines in self._lines_of(seat):
            standing = strategy.standing(shape.busy, shape.load, today, idle_since)
            lines.add((standing, idle_since, shape.load, seat.name, seat.line, seat.id))

    def stand_up(self, seat: Seat) -> None:
        """Out of the lines, before anything about the agent changes."""
        if seat.seated:
            seat.seated = False
            for _, lines in self._lines_of(seat):
                lines.remove(seat.id)

    def new_strategies(self, seats: Iterable[Seat]) -> None:
        """Work of a strategy new to some classes has come: their people stand in its lines too."""
        classes = self._classes.with_new_strategy
        moved = [seat for seat in seats if seat.seated and seat.line in classes]
        for seat in moved:
            self.stand_up(seat)
        for key in [key for key in self._stands_in if key[0] in classes]:
            del self._stands_in[key]
        for seat in moved:
            self.sit(seat)
        classes.clear()

    def _lines_of(self, seat: Seat) -> _StandsIn:
        key = seat.line, seat.shape.channels
        found = self._stands_in.get(key)
        if found is None:
            found = self._stands_in[key] = tuple(
                (strategy, self._of(strategy, seat.shape.channels))
                for strategy in self._classes.strategies(seat.line)
            )
        return found

    def _of(self, strategy: Strategy, channels: Pattern) -> Lines:
        lines = self._lines.get((strategy, channels))
        if lines is None:
            lines = self._lines[strategy, channels] = Lines()
            for channel in channels:
                self.lines_for(strategy, channel).append(lines)
        return lines
