"""What customers choose themselves about being written to, and what already stands against it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.consents import purposes, service
from helpdesk.consents.deciding import decide
from helpdesk.consents.models import Consent
from helpdesk.consents.purposes import Purpose
from helpdesk.core.work import Work
from helpdesk.customers import no_calls
from helpdesk.customers.models import ContactPoint
from helpdesk.texts import opt_outs


@dataclass(frozen=True, slots=True)
class Choice:
    """One purpose with the channels that it goes by, and which of them are on."""

    purpose: Purpose
    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stops:
    """Numbers that get no texts, and that nobody rings."""

    texts: Sequence[str]
    calls: Sequence[str]


def choices(work: Work, customer_id: str) -> Sequence[Choice]:
    """As they stand now, in their order."""
    said = service.standing_of(work, customer_id)
    return [
        Choice(
            one, frozenset(c for c in one.channels if _is_on(one, c, said.get((one.key, c), ())))
        )
        for one in purposes.every(work)
    ]


def choose(work: Work, customer_id: str, ticked: Collection[str], shown: Collection[str]) -> int:
    """Write down what differs from before: of the boxes shown (`news:email`) those ticked are on.

    Answers how many were changed; what was not on the page is left as it is.
    """
    changed = 0
    for one in choices(work, customer_id):
        for channel in one.purpose.channels:
            name = f"{one.purpose.key}:{channel}"
            if not one.purpose.may_be_refused or name not in shown:
                continue
            if (name in ticked) != (channel in one.on):
                service.say(
                    work,
                    customer_id,
                    purpose=one.purpose.key,
                    channel=channel,
                    state="given" if name in ticked else "withdrawn",
                    source="portal",
                )
                changed += 1
    return changed


def stops(work: Work, customer_id: str) -> Stops:
    numbers = work.session.scalars(
        select(ContactPoint.value).where(
            ContactPoint.customer_id == customer_id, ContactPoint.kind == "phone"
        )
    ).all()
    marked = no_calls.among(work, numbers)
    return Stops(sorted(opt_outs.standing_since(work, numbers)), sorted(marked))


def _is_on(purpose: Purpose, channel: str, rows: Collection[Consent]) -> bool:
    return decide(purpose.rule, channel, states=[row.state for row in rows]).allowed
