"""Books of dry runs: started by an administrator, carried on by a worker, read on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.rules import permissions
from helpdesk.rules.events import TrialStarted
from helpdesk.rules.models import RuleTrial
from helpdesk.rules.service import get_rule

SIZES = (100, 1_000, 10_000)
MOST_EXAMPLES = 100


def start(work: Work, rule_id: str, wanted: int) -> RuleTrial:
    """Ask for a dry run of the rule as it stands now over the last `wanted` events or tickets."""
    permissions.require_set_up(work)
    if wanted not in SIZES:
        raise Invalid(fields={"wanted": "Choose how many."})
    row = get_rule(work, rule_id)
    trial = RuleTrial(
        id=new_id(),
        rule_id=row.id,
        name=row.name,
        content=row.content,
        wanted=wanted,
        state="waiting",
        started_at=work.at,
        touched_at=work.at,
        by=work.actor.label,
    )
    work.session.add(trial)
    work.session.flush()
    work.emit(TrialStarted(trial_id=trial.id))
    work.audit("rule.tried_out", "rule", row.id, name=row.name, wanted=wanted)
    return trial


def note_progress(
    work: Work, trial_id: str, *, total: int, looked: int, fired: int, examples: Sequence[Any]
) -> None:
    work.session.execute(
        update(RuleTrial)
        .where(RuleTrial.id == trial_id)
        .values(
            state="running",
            total=total,
            looked=looked,
            fired=fired,
            examples=list(examples)[:MOST_EXAMPLES],
            touched_at=work.at,
        )
    )


def finish(work: Work, trial_id: str, state: str = "done") -> None:
    work.session.execute(
        update(RuleTrial)
        .where(RuleTrial.id == trial_id)
        .values(state=state, finished_at=work.at, touched_at=work.at)
    )
