"""What happens to visits. Ids and short facts; times are ISO texts, durations seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class VisitEvent(Event):
    """`window` [starts, ends] is what the customer was promised at that moment, if anything."""

    visit_id: str
    ticket_id: str | None = None
    number: int = 0
    visit_type_id: str = ""
    window: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class VisitMade(VisitEvent):
    """Wanted, and in no route yet."""

    kind: ClassVar[str] = "visit.made"
    on_timeline: ClassVar[bool] = True

    source: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitBooked(VisitEvent):
    """A window was promised."""

    kind: ClassVar[str] = "visit.booked"
    on_timeline: ClassVar[bool] = True

    technician_ids: list[str]
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitMoved(VisitEvent):
    """Another window was promised instead of `before`; `by_customer`: they asked for it."""

    kind: ClassVar[str] = "visit.moved"
    on_timeline: ClassVar[bool] = True

    technician_ids: list[str]
    before: list[str] | None = None
    by: str = ""
    by_customer: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitConfirmed(VisitEvent):
    """The customer said that the window suits them."""

    kind: ClassVar[str] = "visit.confirmed"
    on_timeline: ClassVar[bool] = True

    promise_id: str


@dataclass(frozen=True, kw_only=True)
class VisitPlaced(VisitEvent):
    """In these routes from now on, at that time; nothing was promised anew."""

    kind: ClassVar[str] = "visit.placed"

    technician_ids: list[str]
    before_ids: list[str]
    planned_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class VisitCancelled(VisitEvent):
    kind: ClassVar[str] = "visit.cancelled"
    on_timeline: ClassVar[bool] = True

    by: str = ""
    by_customer: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitDeparted(VisitEvent):
    """The technician is on the way; expected at `eta`, which `eta_source` says."""

    kind: ClassVar[str] = "visit.departed"
    on_timeline: ClassVar[bool] = True

    technician_id: str
    eta: str | None = None
    eta_source: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitArrived(VisitEvent):
    """On site. `late_s` after the window's end; None where nothing was promised."""

    kind: ClassVar[str] = "visit.arrived"
    on_timeline: ClassVar[bool] = True

    technician_id: str
    travel_s: int | None = None
    late_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class VisitFinished(VisitEvent):
    """The work ended: `outcome` solved or follow_up. Handle time is travel and on site."""

    kind: ClassVar[str] = "visit.finished"
    on_timeline: ClassVar[bool] = True

    technician_id: str
    outcome: str
    travel_s: int = 0
    on_site_s: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitNoAccess(VisitEvent):
    """Nobody opened."""

    kind: ClassVar[str] = "visit.no_access"
    on_timeline: ClassVar[bool] = True

    technician_id: str
    waited_s: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitPromiseBroken(VisitEvent):
    """The window is over and nobody was there."""

    kind: ClassVar[str] = "visit.promise_broken"
    on_timeline: ClassVar[bool] = True

    promise_id: str


@dataclass(frozen=True, kw_only=True)
class VisitAtRisk(VisitEvent):
    """The window will probably be missed: `risk` 0-1, expected at `eta`."""

    kind: ClassVar[str] = "visit.at_risk"

    promise_id: str
    risk: float
    eta: str | None = None


@dataclass(frozen=True, kw_only=True)
class VisitChanged(VisitEvent):
    """Note, duration, locks, parts: what dispatchers and the technician see; `fields` names it."""

    kind: ClassVar[str] = "visit.changed"

    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class RouteChanged(Event):
    """A technician's day is another one: `day` ISO, `version` of its route."""

    kind: ClassVar[str] = "route.changed"

    route_id: str
    technician_id: str
    day: str
    version: int


@dataclass(frozen=True, kw_only=True)
class SlotsMissed(Event):
    """A question for windows left some out; somebody may think about them for a moment."""

    kind: ClassVar[str] = "slots.missed"

    ask_id: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SlotsFound(Event):
    """More windows for a question; `slot_ids` are new."""

    kind: ClassVar[str] = "slots.found"

    ask_id: str
    slot_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class VisitReported(VisitEvent):
    """What was done at it stands in a report, signed or not."""

    kind: ClassVar[str] = "visit.reported"

    report_id: str
    version: int
    signed: bool
    technician_id: str
    parts_minor: int | None = None  # what the parts cost, in `currency`
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitCustomerCalled(VisitEvent):
    """The technician had the customer called by our number."""

    kind: ClassVar[str] = "visit.customer_called"
    on_timeline: ClassVar[bool] = True

    technician_id: str


@dataclass(frozen=True, kw_only=True)
class VisitReportDue(Event):
    """A report's file can be made: its pictures are here, or are waited for no longer."""

    kind: ClassVar[str] = "visit.report_due"

    report_id: str


@dataclass(frozen=True, kw_only=True)
class CommandInConflict(Event):
    """A technician's phone said what does not fit the plan any more: a dispatcher decides."""

    kind: ClassVar[str] = "visit.command_in_conflict"

    visit_id: str
    command_id: str
    technician_id: str
    code: str


@dataclass(frozen=True, kw_only=True)
class CommandSettled(Event):
    kind: ClassVar[str] = "visit.command_settled"

    visit_id: str
    command_id: str
