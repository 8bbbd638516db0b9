"""What a new request is about: named by the page it began on, and only ever the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.core.work import Work
from helpdesk.tickets.models import TicketType
from helpdesk.web.portal.frame import Here
from helpdesk.workflows import portal_owned, portal_reach
from helpdesk.workflows.portal_owned import Subject


@dataclass(frozen=True, slots=True)
class AboutShown:
    """Hidden fields and words of a form: `query` leads on with the same subject."""

    order_id: str = ""
    asset_id: str = ""
    words: Sequence[str] = ()

    @property
    def query(self) -> str:
        named = {"order": self.order_id, "asset": self.asset_id}
        return "".join(f"&{name}={value}" for name, value in named.items() if value)


def read(work: Work, order_id: str, asset_id: str) -> Subject:
    """NotFound for what is another's (E5)."""
    if not (order_id or asset_id):
        return Subject()
    return portal_owned.subject(work, portal_reach.of(work), order_id, asset_id)


def shown(at: Here, it: Subject) -> AboutShown:
    words = []
    if it.asset is not None:
        serial = f" ({it.asset.serial})" if it.asset.serial else ""
        words.append(f"{it.asset.name}{serial}")
    if it.order is not None:
        words.append(at.say("order.title", number=it.order.number))
    return AboutShown(
        it.order.id if it.order else "", it.asset.id if it.asset else "", words
    )  # fmt: skip


def kind_of(work: Work, it: Subject, kinds: Sequence[TicketType]) -> TicketType | None:
    """The form that this product asks with."""
    key = portal_owned.form_for(work, it) if it else ""
    return next((one for one in kinds if one.key == key), None)
