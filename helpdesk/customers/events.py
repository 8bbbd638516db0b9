"""What happens to a customer's record: ids and short facts, never addresses or texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CustomerAdded(Event):
    kind: ClassVar[str] = "customer.added"
    on_timeline: ClassVar[bool] = True

    source: str  # staff, contact (wrote or called first), import


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(Event):
    """`changed` names fields; one of the installation's own is written `custom.KEY`."""

    kind: ClassVar[str] = "customer.changed"
    on_timeline: ClassVar[bool] = True

    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class OwnerChanged(Event):
    kind: ClassVar[str] = "customer.owner_changed"
    on_timeline: ClassVar[bool] = True

    owner_id: str | None


@dataclass(frozen=True, kw_only=True)
class OrganisationAssigned(Event):
    kind: ClassVar[str] = "customer.organisation_assigned"
    on_timeline: ClassVar[bool] = True

    organisation_id: str | None


@dataclass(frozen=True, kw_only=True)
class ContactPointAdded(Event):
    kind: ClassVar[str] = "contact_point.added"
    on_timeline: ClassVar[bool] = True

    contact_point_id: str
    point_kind: str
    proved: bool


@dataclass(frozen=True, kw_only=True)
class ContactPointVerified(Event):
    kind: ClassVar[str] = "contact_point.verified"
    on_timeline: ClassVar[bool] = True

    contact_point_id: str
    point_kind: str


@dataclass(frozen=True, kw_only=True)
class ContactPointRemoved(Event):
    kind: ClassVar[str] = "contact_point.removed"
    on_timeline: ClassVar[bool] = True

    contact_point_id: str
    point_kind: str


@dataclass(frozen=True, kw_only=True)
class ContactPointPreferred(Event):
    kind: ClassVar[str] = "contact_point.preferred"

    contact_point_id: str
    point_kind: str


@dataclass(frozen=True, kw_only=True)
class TagAdded(Event):
    kind: ClassVar[str] = "customer.tag_added"
    on_timeline: ClassVar[bool] = True

    tag_id: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class TagRemoved(Event):
    kind: ClassVar[str] = "customer.tag_removed"
    on_timeline: ClassVar[bool] = True

    tag_id: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class NoteAdded(Event):
    kind: ClassVar[str] = "customer.note_added"
    on_timeline: ClassVar[bool] = True

    note_id: str


@dataclass(frozen=True, kw_only=True)
class NoteDeleted(Event):
    kind: ClassVar[str] = "customer.note_deleted"
    on_timeline: ClassVar[bool] = True

    note_id: str


@dataclass(frozen=True, kw_only=True)
class CustomersMerged(Event):
    """`customer_id` is the record that was kept."""

    kind: ClassVar[str] = "customer.merged"
    on_timeline: ClassVar[bool] = True

    merge_id: str
    merged_id: str


@dataclass(frozen=True, kw_only=True)
class MergeUndone(Event):
    kind: ClassVar[str] = "customer.merge_undone"
    on_timeline: ClassVar[bool] = True

    merge_id: str
    merged_id: str


@dataclass(frozen=True, kw_only=True)
class DuplicateSuggested(Event):
    kind: ClassVar[str] = "customer.duplicate_suggested"

    other_id: str
    score: int


@dataclass(frozen=True, kw_only=True)
class DuplicateDismissed(Event):
    kind: ClassVar[str] = "customer.duplicate_dismissed"

    other_id: str


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Event):
    kind: ClassVar[str] = "organisation.added"

    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged(Event):
    kind: ClassVar[str] = "organisation.changed"

    organisation_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class CustomFieldsChanged(Event):
    """The definitions changed; open forms are out of date."""

    kind: ClassVar[str] = "custom_fields.changed"

    field_id: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class CallsRefused(Event):
    """Nobody rings one of their numbers any more. `why`: asked, wrong; `reason` in words."""

    kind: ClassVar[str] = "calls.refused"
    on_timeline: ClassVar[bool] = True

    why: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CallsAllowed(Event):
    """The number may be rung again."""

    kind: ClassVar[str] = "calls.allowed"
    on_timeline: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class HouseholdMoved(Event):
    """`what` invited (others), joined, left, removed (by another), came_back, sees_all, sees_own.

    Of the others nothing is said: whose record this is, is one person's.
    """

    kind: ClassVar[str] = "household.moved"
    on_timeline: ClassVar[bool] = True

    what: str


@dataclass(frozen=True, kw_only=True)
class HouseholdInvited(Event):
    """Somebody asks the reader of an address to join their household."""

    kind: ClassVar[str] = "household.invited"

    invitation_id: str
