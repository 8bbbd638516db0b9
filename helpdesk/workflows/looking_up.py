"""What a caller has asked for is looked up: within limits, and written down.

A refusal is counted against the number asked about, its customer and the caller's line; whoever is
past the limit hears the same as who has the wrong proof. Who heard what stands in the audit log,
the digits of a proof nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from helpdesk.core.work import Work
from helpdesk.ivr import lookups, refusals, web_lookups
from helpdesk.ivr.lookups import FAILED, Asked, Found, LookUp, Refused

Told = Mapping[Asked, Found | Refused]


def known(work: Work) -> Mapping[str, LookUp]:
    """What this installation can look up: in its records, and at programs of the company's."""
    return {**lookups.known(), **web_lookups.known(work)}


def found(work: Work, asked: Asked, conversation_id: str, caller: str, told: Told) -> Found | None:
    """The result; None for what is not there, not proved, or was tried too often.

    `told` is what other programs have answered before this transaction.
    """
    one = known(work).get(asked.what)
    if one is None or refusals.is_closed(work, asked.what, asked.number, caller):
        return None
    result = one.find(work, asked) if one.find else told.get(asked, Found(FAILED))
    whose = result.customer_id
    if isinstance(result, Refused) or refusals.is_closed_for(work, whose):
        refusals.note(work, asked.what, asked.number, customer_id=whose, caller=caller)
        _write_down(work, "refused", asked, conversation_id)
        return None
    _write_down(work, "told", asked, conversation_id, outcome=result.outcome)
    return replace(result, sentence=one.outcomes.get(result.outcome, ""))


def _write_down(work: Work, what: str, asked: Asked, conversation_id: str, **more: str) -> None:
    work.audit(
        f"call_lookup.{what}",
        "conversation",
        conversation_id,
        what=asked.what,
        number="" if lookups.looks_like_card(asked.number) else asked.number,
        proof=asked.proof,
        **more,
    )
