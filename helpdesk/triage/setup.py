"""How triage is set up: on or off, on which fields it acts by itself, and from which confidence.

Off until a model is there and somebody switches it on. A field's threshold is the recommended one,
which training and the weekly look set, or one that an administrator chose from the curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.core import stored_settings
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.triage import permissions, queries, thresholds
from helpdesk.triage.events import TriageStopped
from helpdesk.triage.thresholds import Step

NAME = "triage"
FIELDS = ("queue_id", "type", "priority", "tags")
_EMPTY: dict[str, Any] = {"on": False, "fields": {}}


@dataclass(frozen=True, slots=True)
class FieldSetup:
    """`own` None: the recommended threshold, as it moves. `stopped` says why it was stopped."""

    acts: bool = False
    own: float | None = None
    recommended: float | None = None
    why_none: str = ""
    estimated_at: str = ""
    stopped: str = ""

    @property
    def threshold(self) -> float | None:
        return self.recommended if self.own is None else self.own


@dataclass(frozen=True, slots=True)
class Setup:
    on: bool
    fields: Mapping[str, FieldSetup]

    def of(self, field: str) -> FieldSetup:
        return self.fields.get(field, FieldSetup())

    def acts_from(self, field: str) -> float | None:
        """From which confidence on it acts on this field by itself; None: never."""
        one = self.of(field)
        return one.threshold if self.on and one.acts else None


def read(work: Work) -> Setup:
    stored = stored_settings.get(work, NAME, _EMPTY)
    fields = {name: FieldSetup(**told) for name, told in stored["fields"].items()}
    return Setup(bool(stored["on"]), fields)


def switch(work: Work, on: bool) -> None:
    permissions.require_set_up(work)
    if on and queries.ready_model(work) is None:
        raise Invalid("Train it first: there is nothing that could sort yet.", code="untrained")
    _put(work, Setup(on, read(work).fields))


def choose(work: Work, field: str, *, acts: bool, own: float | None) -> None:
    """Whether it acts on a field by itself, and from which confidence (None: the recommended).

    Invalid where the curve says that acting would cost more than it gains.
    """
    permissions.require_set_up(work)
    model = queries.ready_model(work)
    if field not in FIELDS or model is None or field not in model.figures:
        raise Invalid(fields={field: "There is nothing learned about this yet."})
    now = read(work).of(field)
    wanted = FieldSetup(
        acts, own, now.recommended, now.why_none, now.estimated_at, "" if acts else now.stopped
    )
    if acts:
        _need_worth(field, wanted, queries.steps_of(model.figures[field]))
    _put_field(work, field, wanted)


def recommend(
    work: Work, field: str, threshold: float | None, why_none: str, *, at_once: bool = False
) -> None:
    """Training or the weekly look has found another threshold; None stops a field that acts.

    `at_once`: of a fresh model, whose curve an own threshold has to stand up to as well.
    """
    now = read(work).of(field)
    moved = FieldSetup(now.acts, now.own, threshold, why_none, work.at.isoformat(), now.stopped)
    _put_field(work, field, moved)
    if now.acts and (threshold is None or (at_once and not _still_worth(work, field, moved))):
        stop(work, field, why_none or "not_worth")


def stop(work: Work, field: str, why: str) -> None:
    """It no longer acts on this field by itself; suggestions go on."""
    now = read(work).of(field)
    if not now.acts:
        return
    stopped = FieldSetup(False, now.own, now.recommended, now.why_none, now.estimated_at, why)
    _put_field(work, field, stopped)
    work.emit(TriageStopped(field=field, why=why))


def _still_worth(work: Work, field: str, wanted: FieldSetup) -> bool:
    model = queries.ready_model(work)
    if model is None or field not in model.figures or wanted.threshold is None:
        return False
    step = thresholds.at(queries.steps_of(model.figures[field]), wanted.threshold)
    return step is not None and thresholds.is_safe(step)


def _need_worth(field: str, wanted: FieldSetup, steps: list[Step]) -> None:
    if wanted.threshold is None:
        raise Invalid(fields={field: "No threshold is surely better than leaving it to people."})
    if not 0.5 <= wanted.threshold <= 1:
        raise Invalid(fields={field: "Choose from 50 to 100 %."})
    step = thresholds.at(steps, wanted.threshold)
    if step is None:
        raise Invalid(fields={field: "It has never been so sure: it would do nothing."})
    if not thresholds.is_safe(step):
        raise Invalid(fields={field: "From there on it would be wrong too often to be worth it."})


def _put_field(work: Work, field: str, told: FieldSetup) -> None:
    now = read(work)
    _put(work, Setup(now.on, {**now.fields, field: told}))


def _put(work: Work, setup: Setup) -> None:
    fields = {
        name: {key: getattr(one, key) for key in FieldSetup.__slots__}
        for name, one in setup.fields.items()
    }
    stored_settings.put(work, NAME, {"on": setup.on, "fields": fields})
    work.session.flush()
