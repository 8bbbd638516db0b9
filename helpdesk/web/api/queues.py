"""Queues and skills over the API: their rules, their people, and how they stand now."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.calendars import queries as calendars
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.identity import queries as people
from helpdesk.routing import queries, queue_figures, setup
from helpdesk.routing.models import Queue, Skill
from helpdesk.web.api.agents import Channel, require_known
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Id,
    Key,
    Level,
    Listed,
    Paged,
    Version,
    View,
    given,
    listed,
    page_of_few,
    plain,
)
from helpdesk.web.bodies import Body

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Slug = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,38}$", examples=["support"])]
Strategy = Literal["longest_idle", "least_occupied", "fewest_today", "best_skill", "weighted"]
Levels = Annotated[dict[Id, Level], Meta(max_length=50)]
Ids = Annotated[list[Id], Meta(max_length=50)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[int, Meta(ge=0, le=3_600)]
OfferSeconds = Annotated[int, Meta(ge=5, le=3_600)]


class Step(Body, frozen=True):
    """From `after_s` of waiting on, skills are dropped or lowered and queues added."""

    after_s: Annotated[int, Meta(ge=1, le=86_400)]
    drop: Ids = field(default_factory=list)
    lower: Levels = field(default_factory=dict)
    add_queues: Ids = field(default_factory=list)


class Rule(Body, frozen=True):
    """Move to the queue `to` when the figure is above `over`."""

    when: Literal["estimated_wait", "queue_length", "age", "nobody_signed_in"]
    to: Id
    over: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Outcome(Body, frozen=True):
    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,38}$")]
    label: Annotated[str, Meta(min_length=1, max_length=60)]


class QueueView(View):
    """A named line of work and its rules; `slug` is what programs call it.

    `callback_instead`, `message_instead`: whether callers in line may choose to be called back, or
    to leave a message, instead of waiting.
    """

    id: str
    name: str
    slug: str
    strategy: str
    weights: dict[str, float]
    priority_head_start_s: int
    max_value_head_start_s: int
    preferred_head_start_s: int
    target_s: int
    target_percent: int
    skills: dict[str, int]
    relaxation: list[dict[str, Any]]
    overflow: list[dict[str, Any]]
    offer_s: dict[str, int]
    wrap_up_s: dict[str, int]
    outcomes: list[dict[str, str]]
    calendar_id: str | None
    closed_text: str
    callback_instead: bool
    message_instead: bool
    is_active: bool
    version: int


class FiguresNow(View):
    """How a queue stands now. Waits in seconds; shares 0 to 1 over the last 24 hours.

    `service_level`: answered within `target_s` / (offered - left within 10 s); it and
    `longest_wait_s` are of calls, chats and callbacks alone, `mean_wait_s` of calls and chats.
    `lying`: how many of those waiting and offered are tickets, mails and texts,
    `longest_lying_s` the oldest.
    `agents_free`: how many could take the next piece of work now. `within_p50` and `within_p90`:
    how many of the estimates told held.
    """

    waiting: int
    offered: int
    lying: int
    longest_wait_s: int
    longest_lying_s: int
    in_contact: int
    in_wrap_up: int
    agents_on_duty: int
    agents_free: int
    answered_today: int
    left_today: int
    mean_wait_s: int | None
    service_level: float | None
    target_s: int
    target_percent: int
    within_p50: float | None
    within_p90: float | None


class QueueDetail(QueueView):
    """`now` is null for a queue that is switched off."""

    member_ids: list[str]
    now: FiguresNow | None


class QueueFields(Body, frozen=True):
    strategy: Strategy | UnsetType = UNSET
    weights: (
        Annotated[
            dict[Key, Weight],
            Meta(max_length=4, description="idle, load, today, skill; for weighted only."),
        ]
        | UnsetType
    ) = UNSET
    priority_head_start_s: Annotated[int, Meta(ge=0, le=86_400)] | UnsetType = UNSET
    max_value_head_start_s: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET
    preferred_head_start_s: Annotated[int, Meta(ge=0, le=600)] | UnsetType = UNSET
    target_s: Annotated[int, Meta(ge=1, le=86_400)] | UnsetType = UNSET
    target_percent: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET
    skills: Levels | UnsetType = UNSET
    relaxation: Annotated[list[Step], Meta(max_length=20)] | UnsetType = UNSET
    overflow: Annotated[list[Rule], Meta(max_length=20)] | UnsetType = UNSET
    offer_s: dict[Channel, OfferSeconds] | UnsetType = UNSET
    wrap_up_s: dict[Channel, Seconds] | UnsetType = UNSET
    outcomes: Annotated[list[Outcome], Meta(max_length=50)] | UnsetType = UNSET
    calendar_id: Id | UnsetType | None = UNSET
    closed_text: Annotated[str, Meta(max_length=300)] | UnsetType = UNSET
    callback_instead: bool | UnsetType = UNSET
    message_instead: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class NewQueue(QueueFields, frozen=True, kw_only=True):
    """Without a `slug` one is made from the name."""

    name: Name
    slug: Slug | None = None


class QueueChange(QueueFields, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET


class Members(Body, frozen=True):
    user_ids: Annotated[list[Id], Meta(max_length=2_000)]


class SkillView(View):
    id: str
    name: str
    version: int


class SkillBody(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]


@operation("GET", "/queues", who=DESK, query=Paged, gives=Listed[QueueView])
def list_queues(work: Work, query: Paged) -> Listed[QueueView]:
    """List queues by name."""
    page = page_of_few(queries.queues(work), query, lambda row: (row.name, row.id))
    return listed(page, [QueueView(**_rules(row)) for row in page.items])


@operation("POST", "/queues", who=ADMIN, body=NewQueue, gives=QueueDetail, status=201)
def add_queue(work: Work, body: NewQueue) -> QueueDetail:
    """Set up a queue."""
    return _detail(work, setup.create_queue(work, **_fields(work, body)))


@operation("GET", "/queues/<id:queue_id>", who=DESK, gives=QueueDetail)
def get_queue(work: Work, queue_id: str) -> QueueDetail:
    """Get one queue with its people and how it stands now."""
    return _detail(work, setup.get_queue(work, queue_id))


@operation(
    "PATCH",
    "/queues/<id:queue_id>",
    who=ADMIN,
    body=QueueChange,
    gives=QueueDetail,
    versioned=True,
)
def change_queue(work: Work, queue_id: str, body: QueueChange) -> QueueDetail:
    """Change a queue's rules. It can't be switched off while customers wait in it."""
    fields = _fields(work, body, "version")
    version = version_asked(body.version)
    return _detail(work, setup.change_queue(work, queue_id, version=version, **fields))


@operation("PUT", "/queues/<id:queue_id>/members", who=ADMIN, body=Members, gives=QueueDetail)
def set_queue_members(work: Work, queue_id: str, body: Members) -> QueueDetail:
    """Say who serves a queue: exactly these."""
    queue = setup.get_queue(work, queue_id)
    desk = {row.id for row in queries.agents_now(work)}
    unknown = [user_id for user_id in body.user_ids if user_id not in desk]
    on_desk = [people.find_user(work, user_id) for user_id in unknown[:50]]
    if any(p is None or p.role not in DESK or not p.is_active for p in on_desk) or unknown[50:]:
        raise Invalid(fields={"user_ids": "Choose people of the desk."})
    setup.set_members(work, queue_id, body.user_ids)
    return _detail(work, queue)


@operation("GET", "/skills", who=DESK, query=Paged, gives=Listed[SkillView])
def list_skills(work: Work, query: Paged) -> Listed[SkillView]:
    """List skills by name."""
    page = page_of_few(queries.skills(work), query, lambda row: (row.name, row.id))
    return listed(page, [_skill(row) for row in page.items])


@operation("POST", "/skills", who=ADMIN, body=SkillBody, gives=SkillView, status=201)
def add_skill(work: Work, body: SkillBody) -> SkillView:
    """Add a skill."""
    return _skill(setup.create_skill(work, body.name))


@operation("GET", "/skills/<id:skill_id>", who=DESK, gives=SkillView)
def get_skill(work: Work, skill_id: str) -> SkillView:
    """Get one skill."""
    found = work.session.get(Skill, skill_id)
    if found is None:
        raise NotFound
    return _skill(found)


@operation("PATCH", "/skills/<id:skill_id>", who=ADMIN, body=SkillBody, gives=SkillView)
def rename_skill(work: Work, skill_id: str, body: SkillBody) -> SkillView:
    """Rename a skill; whoever has it keeps it."""
    return _skill(setup.rename_skill(work, skill_id, body.name))


@operation("DELETE", "/skills/<id:skill_id>", who=ADMIN)
def remove_skill(work: Work, skill_id: str) -> None:
    """Remove a skill that no queue asks for."""
    setup.remove_skill(work, skill_id)


def _fields(work: Work, body: NewQueue | QueueChange, *but: str) -> dict[str, Any]:
    """The fields named, once everything they lead to is known to exist."""
    fields: dict[str, Any] = plain(given(body, *but))
    steps = fields.get("relaxation") or []
    skills = [*(fields.get("skills") or {})]
    skills += [skill for step in steps for skill in (*step["drop"], *step["lower"])]
    require_known(work, Skill, skills, "skills")
    queue_ids = [queue_id for step in steps for queue_id in step["add_queues"]]
    require_known(work, Queue, queue_ids, "relaxation")
    require_known(work, Queue, [rule["to"] for rule in fields.get("overflow") or []], "overflow")
    if fields.get("calendar_id"):
        try:
            calendars.get_calendar(work, fields["calendar_id"])
        except NotFound:
            raise Invalid(fields={"calendar_id": "There is no such calendar."}) from None
    return fields


def _rules(row: Queue) -> dict[str, Any]:
    return {name: getattr(row, name) for name in QueueView.__struct_fields__}


def _detail(work: Work, row: Queue) -> QueueDetail:
    work.session.flush()
    now = next((one for one in queue_figures.queues_now(work) if one.id == row.id), None)
    return QueueDetail(
        **_rules(row),
        member_ids=sorted(queries.members(work, row.id)),
        now=msgspec.convert(now, FiguresNow, from_attributes=True) if now else None,
    )


def _skill(row: Skill) -> SkillView:
    return SkillView(id=row.id, name=row.name, version=row.version)
