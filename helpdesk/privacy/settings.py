"""What an administrator decides about privacy: how long erasure waits, what is kept how long."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.core import stored_settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work

NAME = "privacy"
MOST_DAYS = 36_525  # a hundred years
KINDS = {"matters": "Matters and what was said in them, after they were closed",
         "talks": "Chats, calls and messages without a matter, after they ended",
         "orders": "Orders and invoices, after they were placed"}  # fmt: skip
USUAL = {"matters": 0, "talks": 0, "orders": 3_650}


@dataclass(frozen=True, slots=True)
class Rules:
    """`keep_days` by kind; 0: nothing makes us keep it. `copy_days`: a copy can be fetched."""

    waiting_days: int
    copy_days: int
    keep_days: dict[str, int]

    def kept_days(self, kind: str) -> int:
        return self.keep_days.get(kind, USUAL.get(kind, 0))


def of(work: Work) -> Rules:
    stored = stored_settings.get(
        work, NAME, {"waiting_days": 7, "copy_days": 7, "keep_days": USUAL}
    )
    return Rules(int(stored["waiting_days"]), int(stored["copy_days"]), dict(stored["keep_days"]))


def change(work: Work, rules: Rules) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator can change this.")
    wrong = {}
    if not 0 <= rules.waiting_days <= 30:
        wrong["waiting_days"] = "Use a number from 0 to 30."
    if not 1 <= rules.copy_days <= 30:
        wrong["copy_days"] = "Use a number from 1 to 30."
    for kind, days in rules.keep_days.items():
        if not 0 <= days <= MOST_DAYS:
            wrong[f"keep_{kind}"] = f"Use a number from 0 to {MOST_DAYS:,}."
    if wrong:
        raise Invalid(fields=wrong)
    stored_settings.put(
        work,
        NAME,
        {
            "waiting_days": rules.waiting_days,
            "copy_days": rules.copy_days,
            "keep_days": rules.keep_days,
        },
    )
