"""What can't be done with a ticket, as doors tell it."""

from __future__ import annotations

from helpdesk.core.errors import Conflict, NotFound


class StaleTicket(Conflict):
    """Somebody changed the ticket after it was read; `version` is what it is now."""

    code = "stale"

    def __init__(self, version: int) -> None:
        super().__init__("Somebody changed this ticket meanwhile. Look again and repeat.")
        self.version = version


class NoSuchStep(Conflict):
    """The lifecycle has no way from the one state to the other."""

    code = "no_such_step"


class TicketGone(NotFound):
    """There is no such ticket, or not for this actor."""

    def __init__(self) -> None:
        super().__init__("This ticket does not exist.")
