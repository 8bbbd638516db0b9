"""One drive, both ways: when one arrives, and when one must leave to be there in time.

Why apart: routes are walked forwards and backwards by places or by their numbers, over any travel.
Not for whole routes (`timing`).
"""

from typing import Protocol, TypeVar

from helpdesk.field_service.plan import Place, Travel
from helpdesk.field_service.travel import Paced

P_contra = TypeVar("P_contra", contravariant=True)


class Legs(Protocol[P_contra]):
    """Drives between places of any kind: when one arrives, and when one must leave."""

    def go(self, a: P_contra, b: P_contra, at: int) -> int: ...

    def back(self, a: P_contra, b: P_contra, by: int) -> int: ...


class TravelLegs:
    """Drives as a travel tells them. Who leaves later must not arrive earlier."""

    def __init__(self, travel: Travel) -> None:
        self.travel = travel

    def go(self, a: Place, b: Place, at: int) -> int:
        return at + self.travel.seconds(a, b, at)

    def back(self, a: Place, b: Place, by: int) -> int:
        """The latest departure that arrives by then."""
        guess = by - self.travel.seconds(a, b, by)
        if self.go(a, b, guess) == by:
            guess += 1
            while self.go(a, b, guess) == by:
                guess += 1
            return guess - 1
        low = guess
        while self.go(a, b, low) > by:
            low -= 600
        high = by + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.go(a, b, middle) <= by:
                low = middle
            else:
                high = middle
        return low


class PacedLegs:
    """The same where travel is work at the pace of the hour: no searching."""

    def __init__(self, travel: Paced) -> None:
        self.work, self.bands = travel.work, travel.bands

    def go(self, a: Place, b: Place, at: int) -> int:
        return self.bands.after(at, self.work(a, b))

    def back(self, a: Place, b: Place, by: int) -> int:
        return self.bands.before(by, self.work(a, b))


def legs_of(travel: Travel) -> Legs[Place]:
    """Drives as this travel tells them."""
    return PacedLegs(travel) if isinstance(travel, Paced) else TravelLegs(travel)
